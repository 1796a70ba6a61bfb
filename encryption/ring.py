"""The ring of key-encryption keys: the key file, and what is derived from it.

HKDF-SHA-256 (RFC 5869) derives from each ring key the key that wraps data keys, and from the index key one key per
blind index. Nothing here needs the app registry, so that a first start can write the key file.
"""

import base64
import binascii
import json
import os
import secrets
import stat
import struct
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .envelope import KEY_BYTES, NONCE_BYTES, DecryptionError

FILE_VERSION = 1
MAX_RING_KEY = 2**31 - 1
WRAP_INFO = b"hedgerow/1/wrap"
INDEX_INFO = b"hedgerow/1/index/"

_WRAP = struct.Struct(">BIQH")


class KeyFileError(ImproperlyConfigured):
    """The key file is missing, unreadable or malformed. The message names the fault, never a key."""


class KeyRing:
    """The key-encryption keys and the index key of one installation; immutable."""

    def __init__(self, active: int, keys: Mapping[int, bytes], index_key: bytes) -> None:
        """Take raw keys of 32 bytes by id. Raises KeyFileError when one is short or ``active`` is not among them."""
        if active not in keys:
            raise KeyFileError("the active key is not in the ring")
        for key_id, secret in keys.items():
            _expect_key(secret, f"key {key_id}")
            if not 1 <= key_id <= MAX_RING_KEY:
                raise KeyFileError(f"key id {key_id} is out of range")
        _expect_key(index_key, "index_key")
        self.active = active
        self.keys = MappingProxyType(dict(keys))
        self.index_key = index_key
        self._wrapping = {key_id: AESGCM(derive_key(secret, WRAP_INFO)) for key_id, secret in keys.items()}
        self._index_keys: dict[str, bytes] = {}

    def __repr__(self) -> str:
        """Name the ids, never the keys."""
        return f"<KeyRing active={self.active} ids={sorted(self.keys)}>"

    def __reduce__(self) -> str:
        """Refuse pickling: the ring never leaves the process."""
        raise TypeError("key rings are not pickled")

    @classmethod
    def generate(cls) -> Self:
        """Return a ring of one new random key."""
        return cls(1, {1: secrets.token_bytes(KEY_BYTES)}, secrets.token_bytes(KEY_BYTES))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a ring from a key file. Raises KeyFileError, naming the fault and no key."""
        try:
            document = json.loads(Path(path).read_bytes())
        except OSError as error:
            raise KeyFileError(f"the key file cannot be read: {error.strerror}") from None
        except ValueError:
            # The parser's own message would quote the file.
            raise KeyFileError("the key file is not JSON") from None
        return cls.from_document(document)

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Build a ring from the parsed key file. Raises KeyFileError."""
        if not isinstance(document, dict) or document.get("version") != FILE_VERSION:
            raise KeyFileError(f"the key file is not of version {FILE_VERSION}")
        active, keys = document.get("active"), document.get("keys")
        if not isinstance(active, int) or isinstance(active, bool) or not isinstance(keys, dict) or not keys:
            raise KeyFileError("the key file needs 'active' (a number) and 'keys' (a table)")
        return cls(
            active,
            dict(_decode_entry(*entry) for entry in keys.items()),
            _decode(document.get("index_key"), "index_key"),
        )

    def as_document(self) -> dict[str, object]:
        """Return what the key file holds."""
        encoded = {str(key_id): _encode(secret) for key_id, secret in sorted(self.keys.items())}
        return {"version": FILE_VERSION, "active": self.active, "keys": encoded, "index_key": _encode(self.index_key)}

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the key file atomically: a new one readable by us alone, another in place of one for whom that was.

        Raises OSError.
        """
        target = Path(path)
        # mkstemp creates with 0600; the rename makes a reader see the old file or the new one, never half of one.
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w") as file:
                _belong_as(target, handle)
                json.dump(self.as_document(), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)

    def add_key(self) -> Self:
        """Return a ring with one more random key, which is the active one."""
        key_id = max(self.keys) + 1
        return type(self)(key_id, {**self.keys, key_id: secrets.token_bytes(KEY_BYTES)}, self.index_key)

    def without(self, key_ids: Iterable[int]) -> Self:
        """Return a ring without ``key_ids``. Raises KeyFileError when the active key is among them."""
        dropped = set(key_ids)
        return type(self)(self.active, {i: k for i, k in self.keys.items() if i not in dropped}, self.index_key)

    def wrap(self, secret: bytes, subject: int, generation: int) -> bytes:
        """Return nonce · ciphertext · tag of a data key under the active ring key."""
        nonce = os.urandom(NONCE_BYTES)
        binding = _WRAP.pack(FILE_VERSION, self.active, subject, generation)
        return nonce + self._wrapping[self.active].encrypt(nonce, secret, binding)

    def unwrap(self, wrapped: bytes, subject: int, generation: int, key_id: int) -> bytes:
        """Return the 32 bytes of a data key.

        Raises DecryptionError when the ring key is not here or anything differs from what was wrapped.
        """
        wrapping = self._wrapping.get(key_id)
        if wrapping is None:
            raise DecryptionError("wrapped under a key that is not in the ring")
        try:
            binding = _WRAP.pack(FILE_VERSION, key_id, subject, generation)
            return wrapping.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], binding)
        except (InvalidTag, ValueError, struct.error):
            raise DecryptionError("the wrapped key is broken") from None

    def index_key_for(self, context: str) -> bytes:
        """Return the 32-byte key of one blind index; the same after every rotation of the ring."""
        key = self._index_keys.get(context)
        if key is None:
            key = self._index_keys[context] = derive_key(self.index_key, INDEX_INFO + context.encode())
        return key


def derive_key(secret: bytes, info: bytes) -> bytes:
    """Return 32 bytes by HKDF-SHA-256, without salt: the secret is uniformly random already."""
    return hkdf_sha256(secret, salt=None, info=info, length=KEY_BYTES)


def hkdf_sha256(secret: bytes, *, salt: bytes | None, info: bytes, length: int) -> bytes:
    """Return ``length`` bytes by HKDF-SHA-256 (RFC 5869). Raises ValueError beyond 255 blocks."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def create_key_file(path: str | os.PathLike[str]) -> KeyRing:
    """Write a new key file, 0600, and return its ring. Raises FileExistsError rather than overwrite one."""
    if Path(path).exists():
        raise FileExistsError(f"{path} exists; a key file is never overwritten")
    fresh = KeyRing.generate()
    fresh.write(path)
    return fresh


class _RingCache:
    """The ring as last read, and what the file looked like then."""

    def __init__(self) -> None:
        self.seen: tuple[object, ...] | None = None
        self.ring: KeyRing | None = None
        self.lock = threading.Lock()

    def current(self) -> KeyRing:
        """Return the ring, read anew when the file has changed."""
        path = Path(settings.KEY_FILE)
        try:
            state = path.stat()
        except OSError as error:
            raise KeyFileError(f"the key file cannot be read: {error.strerror}") from None
        seen = (path, state.st_ino, state.st_mtime_ns, state.st_size)
        with self.lock:
            if self.ring is None or seen != self.seen:
                self.ring, self.seen = KeyRing.load(path), seen
            return self.ring


_ring = _RingCache()


def ring() -> KeyRing:
    """Return the ring of settings.KEY_FILE; a running process follows a rotation. Raises KeyFileError."""
    return _ring.current()


def _expect_key(secret: object, name: str) -> None:
    if not isinstance(secret, bytes) or len(secret) != KEY_BYTES:
        raise KeyFileError(f"{name} does not have {KEY_BYTES} bytes")
    if len(set(secret)) == 1:
        raise KeyFileError(f"{name} is one byte repeated")


def _encode(secret: bytes) -> str:
    return base64.b64encode(secret).decode()


def _decode(text: object, name: str) -> bytes:
    try:
        return base64.b64decode(text.encode() if isinstance(text, str) else b"", validate=True)
    except (binascii.Error, ValueError):
        raise KeyFileError(f"{name} is not base64") from None


def _decode_entry(key_id: str, text: object) -> tuple[int, bytes]:
    if not (key_id.isascii() and key_id.isdigit()):
        raise KeyFileError("a key id is not a number")
    return int(key_id), _decode(text, f"key {int(key_id)}")


def _belong_as(target: Path, handle: int) -> None:
    """Give an open file the owner and the mode of ``target``, so that whoever reads that one can go on reading.

    Raises OSError where it is not ours to give: then the old file stays.
    """
    try:
        there = target.stat()
    except FileNotFoundError:
        return
    os.fchmod(handle, stat.S_IMODE(there.st_mode))
    if (there.st_uid, there.st_gid) != (os.fstat(handle).st_uid, os.fstat(handle).st_gid):
        os.fchown(handle, there.st_uid, there.st_gid)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
