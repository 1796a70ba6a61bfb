"""Uploads, sealed with the member's key on whatever storage lies underneath."""

import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils.functional import SimpleLazyObject

from .envelope import DecryptionError, encode_context, generation_of
from .keys import data_key, refetch_data_key

BACKEND = "uploads_backend"


class EncryptedStorage(Storage):
    """Seals and opens whole files. The name and the member go into the seal; there is no way to store plain bytes."""

    def __init__(self, backend: Storage | str = BACKEND) -> None:
        """Wrap a storage, or the alias of one in settings.STORAGES."""
        self._given = backend

    @property
    def backend(self) -> Storage:
        """The storage that holds the envelopes."""
        return storages[self._given] if isinstance(self._given, str) else self._given

    def save_sealed(self, name: str, content: bytes, subject: int) -> str:
        """Seal ``content`` and store it under exactly ``name``, replacing what is there.

        Returns the name. Raises KeyDestroyed, KeyMissing.
        """
        self._put(name, data_key(subject).seal(content, file_context(name)))
        return name

    def open_sealed(self, name: str, subject: int) -> bytes:
        """Return the plain bytes. Raises FileNotFoundError, and DecryptionError for whatever else is not right."""
        return self._open_envelope(name, self.envelope(name), subject)

    def reseal(self, name: str, subject: int) -> bool:
        """Seal a file anew if its key is not the newest of its member; say whether that was so.

        Safe to repeat: the old envelope is replaced as a whole or not at all. Raises as ``open_sealed`` does.
        """
        sealed = self.envelope(name)
        if generation_of(sealed) == refetch_data_key(subject).generation:
            return False
        fresh = data_key(subject).seal(self._open_envelope(name, sealed, subject), file_context(name))
        if self.envelope(name) != sealed:  # somebody stored a new file meanwhile, under whatever key they knew
            return self.reseal(name, subject)
        self._put(name, fresh)
        return True

    def _open_envelope(self, name: str, sealed: bytes, subject: int) -> bytes:
        key = data_key(subject)
        if generation_of(sealed) > key.generation:
            key = refetch_data_key(subject)
        return key.open(sealed, file_context(name))

    def envelope(self, name: str) -> bytes:
        """Return a file as it is stored. Raises FileNotFoundError."""
        with self.backend.open(name) as file:
            content: bytes = file.read()
        return content

    def _put(self, name: str, sealed: bytes) -> None:
        backend = self.backend
        if isinstance(backend, FileSystemStorage):
            _replace_file(Path(backend.path(name)), sealed)
        else:
            self._put_elsewhere(name, sealed)

    def _put_elsewhere(self, name: str, sealed: bytes) -> None:
        """Store on a backend that is no folder. Object stores replace at once; others would pick another name."""
        if self.backend.get_available_name(name) != name:
            self.backend.delete(name)
        stored = self.backend.save(name, ContentFile(sealed))
        if stored != name:
            self.backend.delete(stored)
            raise ImproperlyConfigured("the uploads backend renames files; the name is part of the seal")

    # --- the rest of Django's storage interface
    def _open(self, name: str, mode: str = "rb") -> Any:
        raise DecryptionError("sealed files are read with open_sealed")

    def _save(self, name: str, content: Any) -> str:
        raise ImproperlyConfigured("sealed files are written with save_sealed")

    def delete(self, name: str) -> None:
        """Delete a file; harmless when it is gone."""
        self.backend.delete(name)

    def exists(self, name: str) -> bool:
        """Say whether there is a file of that name."""
        return self.backend.exists(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """List the folders and files below ``path``."""
        return self.backend.listdir(path)

    def size(self, name: str) -> int:
        """Return the size of the envelope, not of what is in it."""
        return self.backend.size(name)


# Where uploads lie, and everything else that is sealed as a whole.
uploads: EncryptedStorage = SimpleLazyObject(lambda: storages["default"])  # type: ignore[assignment]


def file_context(name: str) -> bytes:
    """Return the context of a file's seal: no column is called that, for their contexts hold no colon."""
    return encode_context(f"file:{name}")


def _replace_file(path: Path, content: bytes) -> None:
    """Write a file, 0600, so that a crash leaves the old one or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".sealing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
