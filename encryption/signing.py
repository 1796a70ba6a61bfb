"""Signatures of the site: Ed25519 (RFC 8032), with a key of its own for each purpose, derived from the key file.

The key is derived from the index key, which stays when the ring is rotated: what was signed once can be checked as long
as the key file lives, and its public key never changes.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .ring import derive_key, ring

SIGN_INFO = b"hedgerow/1/sign/"


def sign(purpose: str, message: bytes) -> bytes:
    """Return the signature of ``message``, 64 bytes. Raises KeyFileError."""
    return _key(purpose).sign(message)


def is_signed(purpose: str, message: bytes, signature: bytes) -> bool:
    """Say whether ``signature`` is ours, for this purpose and this very message. Raises KeyFileError."""
    try:
        _key(purpose).public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return True


def public_key(purpose: str) -> bytes:
    """Return the raw public key of a purpose, 32 bytes. Raises KeyFileError."""
    raw = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return _key(purpose).public_key().public_bytes(*raw)


def public_key_file(purpose: str) -> str:
    """Return the public key of a purpose as a PEM file. Raises KeyFileError."""
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _key(purpose).public_key().public_bytes(*form).decode()


def _key(purpose: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derive_key(ring().index_key, SIGN_INFO + purpose.encode()))
