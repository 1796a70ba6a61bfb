"""Known answers: vectors in Wycheproof's JSON format, run through the primitives that seal, derive and index here."""

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from .blind_index import hmac_sha256
from .envelope import TAG_BYTES
from .ring import hkdf_sha256

BLOCK = 16
LIBRARY_NONCES = range(8, 129)
REDUCTION = 0xE1 << 120  # of GF(2^128), NIST SP 800-38D, 6.3
VERDICTS = {"valid", "invalid", "acceptable"}


class VectorFileError(Exception):
    """The file is not a vector file that can be run. The message says why."""


@dataclass(frozen=True)
class Failure:
    """A vector on which this machine and the file disagree."""

    tc_id: int
    reason: str


def run(document: object) -> tuple[int, list[Failure]]:
    """Run a parsed vector file; return how many vectors there were and those that failed. Raises VectorFileError."""
    tested, failures = 0, list[Failure]()
    for check, group, test in _vectors(document):
        tested += 1
        reason = _reason(check, group, test)
        if reason:
            failures.append(Failure(test["tcId"], reason))
    return tested, failures


def _vectors(document: object) -> Iterator[tuple["Check", dict[str, Any], dict[str, Any]]]:
    if not isinstance(document, dict) or not isinstance(document.get("testGroups"), list):
        raise VectorFileError("not a vector file: there are no testGroups")
    check = CHECKS.get(str(document.get("algorithm")))
    if check is None:
        raise VectorFileError(f"unknown algorithm {document.get('algorithm')!r}; known are {', '.join(sorted(CHECKS))}")
    for group in document["testGroups"]:
        if not isinstance(group, dict) or not isinstance(group.get("tests"), list):
            raise VectorFileError("a test group has no tests")
        for test in group["tests"]:
            yield check, group, _checked(test)


def _checked(test: Any) -> dict[str, Any]:
    if not isinstance(test, dict) or not isinstance(test.get("tcId"), int):
        raise VectorFileError("a test has no tcId")
    if test.get("result") not in VERDICTS:
        raise VectorFileError(f"test {test['tcId']} has no result of {', '.join(sorted(VERDICTS))}")
    return test


def _reason(check: "Check", group: dict[str, Any], test: dict[str, Any]) -> str:
    """Return why a vector fails, or nothing."""
    try:
        fault = check(group, test)
    except (KeyError, TypeError, AttributeError) as error:
        raise VectorFileError(f"test {test['tcId']} is incomplete: {error}") from None
    if test["result"] == "valid":
        return fault
    if test["result"] == "invalid" and not fault:
        return "accepted, but the file says it is invalid"
    return ""


# --- one check per algorithm: nothing when the vector holds, else what was wrong -----------------------------------
Check = Callable[[dict[str, Any], dict[str, Any]], str]


def _bytes(test: dict[str, Any], name: str) -> bytes:
    try:
        return bytes.fromhex(test[name])
    except ValueError:
        raise VectorFileError(f"test {test['tcId']}: {name} is not hexadecimal") from None


def check_aes_gcm(group: dict[str, Any], test: dict[str, Any]) -> str:
    """Seal the message and open the ciphertext of one vector."""
    key, nonce, aad, message = (_bytes(test, name) for name in ("key", "iv", "aad", "msg"))
    sealed = _bytes(test, "ct") + _bytes(test, "tag")
    cipher: Any = AESGCM if len(nonce) in LIBRARY_NONCES else _AnyNonce
    try:
        if cipher(key).decrypt(nonce, sealed, aad) != message:
            return "opened to another message"
        return "" if cipher(key).encrypt(nonce, message, aad) == sealed else "sealed to another ciphertext"
    except (InvalidTag, ValueError) as error:
        return f"refused: {str(error) or 'the tag does not fit'}"


def check_hkdf(group: dict[str, Any], test: dict[str, Any]) -> str:
    """Derive the output of one vector."""
    expected = _bytes(test, "okm")
    secret, salt, info = (_bytes(test, name) for name in ("ikm", "salt", "info"))
    try:
        derived = hkdf_sha256(secret, salt=salt, info=info, length=test["size"])
    except ValueError as error:
        return f"refused: {error}"
    return "" if derived == expected else "derived other bytes"


def check_hmac(group: dict[str, Any], test: dict[str, Any]) -> str:
    """Authenticate the message of one vector; tags may be truncated as the group says."""
    tag = _bytes(test, "tag")
    length = group["tagSize"] // 8
    computed = hmac_sha256(_bytes(test, "key"), _bytes(test, "msg"))[:length]
    return "" if hmac.compare_digest(computed, tag) else "computed another tag"


CHECKS: dict[str, Check] = {"AES-GCM": check_aes_gcm, "HKDF-SHA-256": check_hkdf, "HMACSHA256": check_hmac}


class _AnyNonce:
    """AES-GCM with nonces of lengths that the library refuses (SP 800-38D, 7.1), so that no vector is left out.

    Slow, not constant in time, and used by nothing but this self-test: envelopes have nonces of 96 bits.
    """

    def __init__(self, key: bytes) -> None:
        self._encryptor = Cipher(AES(key), ECB()).encryptor()  # noqa: S305  # the block cipher itself, as GCM uses it
        self._hash_key = int.from_bytes(self._block(bytes(BLOCK)))

    def encrypt(self, nonce: bytes, message: bytes, aad: bytes) -> bytes:
        """Return ciphertext and tag. Raises ValueError for an empty nonce."""
        if not nonce:
            raise ValueError("the nonce is empty")
        start = nonce + b"\0\0\0\1" if len(nonce) == 12 else self._ghash(_zeros(nonce) + bytes(8) + _bits(nonce))
        ciphertext = self._counter_mode(_next(start), message)
        lengths = _bits(aad) + _bits(ciphertext)
        tag = self._counter_mode(start, self._ghash(_zeros(aad) + _zeros(ciphertext) + lengths))
        return ciphertext + tag

    def decrypt(self, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
        """Return the message. Raises InvalidTag, and ValueError for an empty nonce."""
        ciphertext = sealed[:-TAG_BYTES]
        zeros = self.encrypt(nonce, bytes(len(ciphertext)), aad)[:-TAG_BYTES]
        message = _xor(ciphertext, zeros)
        if not hmac.compare_digest(self.encrypt(nonce, message, aad), sealed):
            raise InvalidTag
        return message

    def _block(self, block: bytes) -> bytes:
        return self._encryptor.update(block)

    def _counter_mode(self, counter: bytes, message: bytes) -> bytes:
        stream = b""
        while len(stream) < len(message):
            stream += self._block(counter)
            counter = _next(counter)
        return _xor(message, stream)

    def _ghash(self, data: bytes) -> bytes:
        state = 0
        for start in range(0, len(data), BLOCK):
            state = _multiply(state ^ int.from_bytes(data[start : start + BLOCK]), self._hash_key)
        return state.to_bytes(BLOCK)


def _multiply(left: int, right: int) -> int:
    """Multiply in GF(2^128) as GCM writes it, the first bit being the lowest power."""
    product = 0
    for bit in range(127, -1, -1):
        if left >> bit & 1:
            product ^= right
        right = right >> 1 ^ (REDUCTION if right & 1 else 0)
    return product


def _next(counter: bytes) -> bytes:
    return counter[:12] + ((int.from_bytes(counter[12:]) + 1) % 2**32).to_bytes(4)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=False))


def _zeros(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def _bits(data: bytes) -> bytes:
    return (8 * len(data)).to_bytes(8)


# --- built in: SP 800-38D's own examples, RFC 5869 A.1, RFC 4231 test case 1 ----------------------------------------
_GCM_KEY = "feffe9928665731c6d6a8f9467308308" * 2
KNOWN_ANSWERS: list[dict[str, Any]] = [
    {
        "algorithm": "AES-GCM",
        "testGroups": [
            {
                "tests": [
                    {
                        "tcId": 1,
                        "key": "00" * 32,
                        "iv": "00" * 12,
                        "aad": "",
                        "msg": "",
                        "ct": "",
                        "tag": "530f8afbc74536b9a963b4f1c4cb738b",
                        "result": "valid",
                    },
                    {
                        "tcId": 2,
                        "key": "00" * 32,
                        "iv": "00" * 12,
                        "aad": "",
                        "msg": "00" * 16,
                        "ct": "cea7403d4d606b6e074ec5d3baf39d18",
                        "tag": "d0d1c8a799996bf0265b98b5d48ab919",
                        "result": "valid",
                    },
                    {
                        "tcId": 3,
                        "key": _GCM_KEY,
                        "iv": "cafebabefacedbaddecaf888",
                        "aad": "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                        "msg": "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
                        "ct": "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
                        "tag": "76fc6ece0f4e1768cddf8853bb2d551b",
                        "result": "valid",
                    },
                    {
                        "tcId": 4,
                        "key": "00" * 32,
                        "iv": "00" * 12,
                        "aad": "00",
                        "msg": "",
                        "ct": "",
                        "tag": "530f8afbc74536b9a963b4f1c4cb738b",
                        "result": "invalid",
                    },
                ]
            }
        ],
    },
    {
        "algorithm": "HKDF-SHA-256",
        "testGroups": [
            {
                "tests": [
                    {
                        "tcId": 5,
                        "ikm": "0b" * 22,
                        "salt": "000102030405060708090a0b0c",
                        "info": "f0f1f2f3f4f5f6f7f8f9",
                        "size": 42,
                        "okm": "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
                        "result": "valid",
                    }
                ]
            }
        ],
    },
    {
        "algorithm": "HMACSHA256",
        "testGroups": [
            {
                "tagSize": 256,
                "tests": [
                    {
                        "tcId": 6,
                        "key": "0b" * 20,
                        "msg": b"Hi There".hex(),
                        "tag": "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                        "result": "valid",
                    }
                ],
            }
        ],
    },
]
