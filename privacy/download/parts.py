"""The stored file: sealed part by part, so that neither writing nor reading it takes more memory than one part."""

from collections.abc import Callable, Iterator
from io import RawIOBase
from typing import Any

from encryption.storage import EncryptedStorage, uploads as storage
from privacy.models import Download

PART = 1024 * 1024


class Sealing(RawIOBase):
    """A file that can only be written to: whatever was written lies sealed in the storage, ``PART`` bytes at a time.

    ``expect(number)`` is called before a part is stored. It raises to stop.
    """

    def __init__(self, download: Download, expect: Callable[[int], None]) -> None:
        super().__init__()
        self.download, self.expect = download, expect
        self.kept, self.written, self.number = bytearray(), 0, 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.written

    def write(self, content: Any) -> int:
        self.kept += content
        self.written += len(content)
        while len(self.kept) >= PART:
            self._store(PART)
        return len(content)

    def finish(self) -> None:
        """Store what is left."""
        if self.kept:
            self._store(len(self.kept))

    def _store(self, count: int) -> None:
        self.expect(self.number + 1)
        content = bytes(self.kept[:count])
        storage.save_sealed(name_of(self.download.pk, self.number), content, self.download.member_id)
        del self.kept[:count]
        self.number += 1


def read(download: Download) -> Iterator[bytes]:
    """Yield the file. Raises FileNotFoundError and DecryptionError."""
    for number in range(download.parts):
        yield storage.open_sealed(name_of(download.pk, number), download.member_id)


def erase(download: Download) -> None:
    """Delete every part that was stored, or was about to be."""
    for number in range(download.parts):
        storage.delete(name_of(download.pk, number))


def stored_parts() -> Iterator[tuple[EncryptedStorage, str, int]]:
    """Yield every stored part with whose key seals it, for key rotation."""
    for number, member, count in Download.objects.values_list("pk", "member_id", "parts").iterator():
        for part in range(count):
            yield storage, name_of(number, part), member


def name_of(download: int, part: int) -> str:
    """Return where in the storage a part lies."""
    return f"downloads/{download}/{part}"
