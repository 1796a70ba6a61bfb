"""The files of profile pictures: one for each size, sealed with their owner's key."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from encryption.envelope import DecryptionError
from encryption.storage import EncryptedStorage, uploads as storage

from .models import Picture

SIZES = {"small": 96, "large": 512}


def save_files(picture_id: uuid.UUID, contents: Mapping[str, bytes], member_id: int) -> None:
    """Seal and store the content of each size."""
    for size, content in contents.items():
        storage.save_sealed(file_name(picture_id, size), content, member_id)


def erase_files(picture_id: uuid.UUID) -> None:
    """Delete the files of a picture, as far as they are there."""
    for size in SIZES:
        storage.delete(file_name(picture_id, size))


def stored_pictures() -> Iterator[tuple[EncryptedStorage, str, int]]:
    """Yield every stored picture with whose key seals it, for key rotation."""
    for picture_id, member_id in Picture.objects.order_by("pk").values_list("pk", "member_id").iterator():
        for size in SIZES:
            yield storage, file_name(picture_id, size), member_id


def uploads_of(member: Any) -> Iterator[tuple[str, bytes]]:
    """Yield the pictures of a member, the large ones, for a download."""
    for picture in Picture.objects.filter(member=member.pk).order_by("pk"):
        try:
            yield f"{picture.pk}.webp", storage.open_sealed(file_name(picture.pk, "large"), member.pk)
        except (FileNotFoundError, DecryptionError):
            continue


def file_name(picture_id: uuid.UUID, size: str) -> str:
    """Return where in the storage a picture of one size lies."""
    return f"pictures/{picture_id}/{size}"
