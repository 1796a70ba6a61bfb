"""The sealed envelope: bytes in, bytes out, nothing of Django.

    version (1) · key generation (2) · nonce (12) · ciphertext · tag (16)

AES-256-GCM after NIST SP 800-38D, padding after ISO/IEC 7816-4. The whole format is written out in docs/crypto.md.
"""

import os
import struct
from collections.abc import Mapping
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 1
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
HEADER_BYTES = 3
BODY = HEADER_BYTES + NONCE_BYTES  # where the ciphertext begins
MAX_GENERATION = 0xFFFF
MAX_SUBJECT = 2**63 - 1
PAD = b"\x80"
SMALLEST = 16
FINE_STEP = 8
FINE_UNTIL = 128

_HEADER = struct.Struct(">BH")
_BINDING = struct.Struct(">BHQ")
_LENGTH = struct.Struct(">H")
_NONE_OLDER: Mapping[bytes, "DataKey"] = MappingProxyType({})


class DecryptionError(Exception):
    """What was stored did not open. Carries no value, no key and no ciphertext."""


class DataKey:
    """One generation of one subject's key, ready to seal and open.

    Immutable but for two fields that the key store keeps here so that a lookup costs one dict access:
    ``older`` (earlier generations by envelope header) and ``expires`` (monotonic seconds).
    """

    __slots__ = ("aead", "binding", "decrypt", "expires", "generation", "header", "older", "subject", "whose")

    def __init__(self, secret: bytes, subject: int, generation: int) -> None:
        """Bind 32 secret bytes to a subject (0 … 2^63-1) and a generation (1 … 65535).

        Raises ValueError for anything out of range.
        """
        if len(secret) != KEY_BYTES:
            raise ValueError("a data key has 32 bytes")
        if not 0 <= subject <= MAX_SUBJECT or not 1 <= generation <= MAX_GENERATION:
            raise ValueError("subject or generation out of range")
        self.aead = AESGCM(secret)
        self.decrypt = self.aead.decrypt
        self.subject = subject
        self.generation = generation
        self.binding = _BINDING.pack(VERSION, generation, subject)
        self.header = self.binding[:HEADER_BYTES]
        self.whose = self.binding[HEADER_BYTES:]
        self.older: Mapping[bytes, DataKey] = _NONE_OLDER
        self.expires = 0.0

    def __repr__(self) -> str:
        """Name the key without showing it."""
        return f"<DataKey subject={self.subject} generation={self.generation}>"

    def __reduce__(self) -> str:
        """Refuse pickling: a data key never leaves the process."""
        raise TypeError("data keys are not pickled")

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """Return the envelope of ``plaintext``; ``context`` comes from ``encode_context``."""
        nonce = os.urandom(NONCE_BYTES)
        return self.header + nonce + self.aead.encrypt(nonce, pad(plaintext), self.binding + context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Return the plaintext of an envelope sealed under this key, or under an older generation of it.

        Raises DecryptionError when a byte differs, the context is another, or the generation is unknown.
        """
        header = sealed[:HEADER_BYTES]
        key = self if header == self.header else self.older.get(header)
        if key is None:
            raise DecryptionError("sealed under an unknown key")
        try:
            padded = key.aead.decrypt(sealed[HEADER_BYTES:BODY], sealed[BODY:], key.binding + context)
        except (InvalidTag, ValueError):
            # ValueError: too short to hold a nonce and a tag. The cause is dropped on purpose: it adds nothing.
            raise DecryptionError("the seal is broken") from None
        return unpad(padded)


def encode_context(context: str) -> bytes:
    """Return the length-prefixed bytes of a context such as ``accounts_profile.city``.

    Raises ValueError when it is empty or longer than 65535 bytes.
    """
    encoded = context.encode()
    if not 0 < len(encoded) <= 0xFFFF:
        raise ValueError("a context has 1 to 65535 bytes")
    return _LENGTH.pack(len(encoded)) + encoded


def padded_length(length: int) -> int:
    """Return how many bytes ``length`` bytes take once padded (marker included).

    At least 16; multiples of 8 up to 128; above, eight steps per power of two (Padmé, Nikitin et al., PETS 2019,
    with a fixed number of fraction bits), so that padding never costs more than an eighth.
    """
    needed = max(length + 1, SMALLEST)
    step = FINE_STEP if needed <= FINE_UNTIL else 1 << ((needed - 1).bit_length() - 4)
    return -(-needed // step) * step


_SHORT = tuple(padded_length(length) for length in range(FINE_UNTIL))


def pad(plaintext: bytes) -> bytes:
    """Append 0x80 and zeros up to the next permitted length (ISO/IEC 7816-4)."""
    length = len(plaintext)
    return (plaintext + PAD).ljust(_SHORT[length] if length < FINE_UNTIL else padded_length(length), b"\0")


def unpad(padded: bytes) -> bytes:
    """Drop the padding. Raises DecryptionError when there is none."""
    stripped = padded.rstrip(b"\0")
    if stripped[-1:] != PAD:
        raise DecryptionError("the padding is missing")
    return stripped[:-1]


def generation_of(sealed: bytes) -> int:
    """Return the key generation an envelope names, without opening it.

    Raises DecryptionError when it is too short to be an envelope or of another version.
    """
    if len(sealed) < BODY + TAG_BYTES or sealed[0] != VERSION:
        raise DecryptionError("not an envelope")
    generation: int = _HEADER.unpack_from(sealed)[1]
    return generation
