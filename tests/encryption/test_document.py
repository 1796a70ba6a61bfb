"""docs/crypto.md: a stranger's decryptor, written from the document alone, on the document's numbers."""

import hashlib
import hmac
import re
import struct
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from encryption.blind_index import bound_indexes, hmac_sha256, normalise
from encryption.envelope import DataKey, encode_context, padded_length
from encryption.ring import KeyRing

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "crypto.md").read_text(encoding="utf-8")
EXAMPLE = dict(re.findall(r"^\| ([^|`]+) \| `([^`]+)` \|$", DOCUMENT, re.MULTILINE))
SUBJECT, GENERATION = int(EXAMPLE["subject"]), int(EXAMPLE["generation"])
CONTEXT = EXAMPLE["context"].encode()


def example(name: str) -> bytes:
    return bytes.fromhex(EXAMPLE[name])


def hkdf(secret: bytes, info: bytes) -> bytes:
    """Derive one block by RFC 5869, without our code."""
    extracted = hmac.digest(bytes(32), secret, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)


def test_the_keys_of_the_example_are_derived_as_written() -> None:
    assert hkdf(example("ring key 1"), b"hedgerow/1/wrap") == example("wrapping key")
    assert hkdf(example("index key"), b"hedgerow/1/index/" + CONTEXT) == example("key of the index")


def test_the_data_key_of_the_example_unwraps_as_written() -> None:
    bound = b"\x01" + struct.pack(">I", 1) + struct.pack(">Q", SUBJECT) + struct.pack(">H", GENERATION)
    assert bound == example("wrapping, additional data")
    wrapped = example("wrapped")
    assert AESGCM(example("wrapping key")).decrypt(wrapped[:12], wrapped[12:], bound) == example("data key")


@pytest.mark.promise("K2")
def test_the_value_of_the_example_opens_as_written() -> None:
    bound = b"\x01" + struct.pack(">H", GENERATION) + struct.pack(">Q", SUBJECT) + struct.pack(">H", len(CONTEXT))
    assert bound + CONTEXT == example("value, additional data")
    envelope = example("envelope")
    assert envelope[:3] == b"\x01" + struct.pack(">H", GENERATION)
    padded = AESGCM(example("data key")).decrypt(envelope[3:15], envelope[15:], bound + CONTEXT)
    assert padded == example("padded")
    stripped = padded.rstrip(b"\0")
    assert (stripped[-1:], stripped[:-1].decode()) == (b"\x80", EXAMPLE["plaintext"])


def test_the_index_of_the_example_is_computed_as_written() -> None:
    assert hmac.digest(example("key of the index"), "malmö".encode(), hashlib.sha256) == example("blind index")


def test_the_bound_index_of_the_example_is_computed_as_written() -> None:
    message = b"\xff" + struct.pack(">Q", SUBJECT) + "malmö".encode()
    assert message == example("bound index, message")
    assert hmac.digest(example("key of the index"), message, hashlib.sha256) == example("bound index")


def test_the_code_agrees_with_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = KeyRing(1, {1: example("ring key 1")}, example("index key"))
    secret = ring.unwrap(example("wrapped"), SUBJECT, GENERATION, 1)
    opened = DataKey(secret, SUBJECT, GENERATION).open(example("envelope"), encode_context(EXAMPLE["context"]))
    assert opened.decode() == EXAMPLE["plaintext"]
    index = hmac_sha256(ring.index_key_for(EXAMPLE["context"]), normalise(" MALMÖ ").encode())
    assert index == example("blind index")
    monkeypatch.setattr("encryption.blind_index.ring", lambda: ring)
    bound = bound_indexes(EXAMPLE["context"], " MALMÖ ", [SUBJECT + 1, SUBJECT])
    assert bound[0] != bound[1] == example("bound index")


def test_padding_follows_the_documents_rule() -> None:
    for length in range(5000):
        n = length + 1
        step = 8 if n <= 128 else 2 ** ((n - 1).bit_length() - 4)
        assert padded_length(length) == max(16, (n + step - 1) // step * step)
