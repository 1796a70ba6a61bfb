"""Uploads: sealed on whatever lies underneath."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, Storage, storages

from encryption.envelope import DecryptionError
from encryption.keys import KeyDestroyed, create_data_keys, destroy_data_key
from encryption.storage import EncryptedStorage

PICTURE = b"\x89PNG" + bytes(5000)


@pytest.fixture(params=["files", "memory"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return FileSystemStorage(tmp_path / "uploads") if request.param == "files" else InMemoryStorage()


@pytest.fixture
def uploads(db: None, backend: Storage) -> EncryptedStorage:
    create_data_keys([7, 8])
    return EncryptedStorage(backend)


@pytest.mark.promise("K2")
def test_an_upload_lies_sealed_and_opens_for_its_member(uploads: EncryptedStorage) -> None:
    assert uploads.save_sealed("a/one.png", PICTURE, 7) == "a/one.png"
    assert b"PNG" not in uploads.envelope("a/one.png")
    assert uploads.open_sealed("a/one.png", 7) == PICTURE
    assert uploads.exists("a/one.png")
    assert uploads.size("a/one.png") > len(PICTURE)
    uploads.delete("a/one.png")
    assert not uploads.exists("a/one.png")
    with pytest.raises(FileNotFoundError):
        uploads.open_sealed("a/one.png", 7)


@pytest.mark.promise("K2")
def test_a_changed_cut_moved_or_foreign_file_does_not_open(uploads: EncryptedStorage, backend: Storage) -> None:
    uploads.save_sealed("one", PICTURE, 7)
    sealed = uploads.envelope("one")
    with pytest.raises(DecryptionError):
        uploads.open_sealed("one", 8)
    for name, content in (
        ("moved", sealed),
        ("cut", sealed[:-1]),
        ("changed", sealed[:-1] + b"\0\0"),
        ("empty", b""),
        ("plain", PICTURE),
    ):
        backend.save(name, ContentFile(content))
        with pytest.raises(DecryptionError):
            uploads.open_sealed(name, 7)


def test_saving_again_replaces_the_file(uploads: EncryptedStorage) -> None:
    uploads.save_sealed("one", b"first", 7)
    uploads.save_sealed("one", b"second, longer", 7)
    assert uploads.open_sealed("one", 7) == b"second, longer"


def test_files_of_an_erased_member_do_not_open(uploads: EncryptedStorage) -> None:
    uploads.save_sealed("one", PICTURE, 7)
    destroy_data_key(7)
    with pytest.raises(KeyDestroyed):
        uploads.open_sealed("one", 7)
    with pytest.raises(KeyDestroyed):
        uploads.save_sealed("two", PICTURE, 7)


def test_plain_files_are_neither_written_nor_read(uploads: EncryptedStorage) -> None:
    with pytest.raises(ImproperlyConfigured):
        uploads.save("one", ContentFile(PICTURE))
    with pytest.raises(DecryptionError):
        uploads.open("one")


def test_names_stay_below_the_uploads_and_files_are_their_owners_alone(db: None, tmp_path: Path) -> None:
    create_data_keys([7])
    uploads = EncryptedStorage(FileSystemStorage(tmp_path / "uploads"))
    with pytest.raises(SuspiciousFileOperation):
        uploads.save_sealed("../outside", PICTURE, 7)
    uploads.save_sealed("inside", PICTURE, 7)
    assert (tmp_path / "uploads" / "inside").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == ["inside"]


def test_the_site_stores_uploads_sealed() -> None:
    assert isinstance(storages["default"], EncryptedStorage)
    assert not isinstance(storages["default"].backend, EncryptedStorage)
