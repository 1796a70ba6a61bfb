"""The ring in its file, and the members' keys in the keystore."""

import base64
import json
import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pytest_django import DjangoAssertNumQueries

from encryption import keys, ring as ring_module
from encryption.keys import (
    DecryptionError,
    KeyDestroyed,
    KeyFileError,
    KeyMissing,
    KeyRing,
    create_data_key,
    create_data_keys,
    create_key_file,
    data_key,
    data_keys,
    destroy_data_key,
    forget_keys,
    is_destroyed,
    ring,
)
from encryption.models import MemberKey

GOOD = base64.b64encode(bytes(range(32))).decode()
FILE: dict[str, Any] = {"version": 1, "active": 1, "keys": {"1": GOOD}, "index_key": GOOD}


def write(path: Path, document: object) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_a_new_key_file_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made = create_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyRing.load(path).keys == made.keys
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]
    with pytest.raises(FileExistsError):
        create_key_file(path)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ("not json", "not JSON"),
        ("[]", "version"),
        (FILE | {"version": 2}, "version"),
        (FILE | {"active": 2}, "active"),
        (FILE | {"active": "1"}, "active"),
        (FILE | {"keys": {}}, "keys"),
        (FILE | {"keys": {"one": GOOD}}, "not a number"),
        (FILE | {"keys": {"1": GOOD[:-6] + "=="}}, "32 bytes"),
        (FILE | {"keys": {"1": "%%%"}}, "base64"),
        (FILE | {"keys": {"1": 5}}, "32 bytes"),
        (FILE | {"keys": {"1": base64.b64encode(bytes(32)).decode()}}, "repeated"),
        ({name: value for name, value in FILE.items() if name != "index_key"}, "index_key"),
    ],
)
def test_a_malformed_key_file_is_refused_without_being_quoted(tmp_path: Path, document: object, fault: str) -> None:
    with pytest.raises(KeyFileError, match=fault) as caught:
        KeyRing.load(write(tmp_path / "keys.json", document))
    assert GOOD[:8] not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_missing_key_file_is_refused(tmp_path: Path, settings: Any) -> None:
    settings.KEY_FILE = tmp_path / "none.json"
    with pytest.raises(KeyFileError, match="cannot be read"):
        ring()


def test_a_ring_shows_its_keys_to_nobody() -> None:
    made = KeyRing.generate()
    assert repr(made) == "<KeyRing active=1 ids=[1]>"
    with pytest.raises(TypeError):
        pickle.dumps(made)


def test_a_running_process_follows_a_changed_key_file(key_file: Path) -> None:
    before = ring()
    before.add_key().write(key_file)
    assert ring().active == before.active + 1
    assert ring().index_key == before.index_key


def test_a_write_that_fails_leaves_the_old_file(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key_file.read_bytes()

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(ring_module.json, "dump", fail)
    with pytest.raises(OSError, match="disk full"):
        ring().add_key().write(key_file)
    assert key_file.read_bytes() == before
    assert [entry.name for entry in key_file.parent.iterdir()] == ["keys.json"]


def test_a_wrapped_key_opens_for_its_member_generation_and_ring_key_only() -> None:
    made = KeyRing.generate().add_key()
    wrapped = made.wrap(bytes(range(32)), 7, 1)
    assert made.unwrap(wrapped, 7, 1, 2) == bytes(range(32))
    for subject, generation, key_id in ((8, 1, 2), (7, 2, 2), (7, 1, 1), (7, 1, 3)):
        with pytest.raises(DecryptionError):
            made.unwrap(wrapped, subject, generation, key_id)
    with pytest.raises(DecryptionError):
        KeyRing.generate().add_key().unwrap(wrapped, 7, 1, 2)
    for place in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[place] ^= 1
        with pytest.raises(DecryptionError):
            made.unwrap(bytes(changed), 7, 1, 2)


def test_a_key_is_created_once_and_kept(db: None) -> None:
    first = create_data_key(7).seal(b"x", b"c")
    assert create_data_key(7).open(first, b"c") == b"x"
    forget_keys()
    assert data_key(7).open(first, b"c") == b"x"
    assert MemberKey.objects.count() == 1


def test_many_keys_cost_one_query_and_then_none(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    create_data_keys(range(1, 2500))
    keystore = connections["keystore"]
    with django_assert_num_queries(1, connection=keystore):
        assert len(data_keys(range(1, 3000))) == 2499
    with django_assert_num_queries(0, connection=keystore):
        data_keys(range(1, 2500))


def test_a_member_without_a_key_is_told_apart_from_an_erased_one(db: None) -> None:
    create_data_key(7)
    destroy_data_key(7)
    with pytest.raises(KeyDestroyed):
        data_key(7)
    with pytest.raises(KeyMissing) as caught:
        data_key(8)
    assert not isinstance(caught.value, KeyDestroyed)


def test_a_destroyed_key_is_gone_and_leaves_a_tombstone(db: None) -> None:
    create_data_key(7)
    destroy_data_key(7)
    row = MemberKey.objects.get(subject=7)
    assert (row.wrapped, row.destroyed_at is not None) == (None, True)
    assert is_destroyed(7)
    assert data_keys([7]) == {}
    first = row.destroyed_at
    destroy_data_key(7)
    assert MemberKey.objects.get(subject=7).destroyed_at == first


def test_an_erased_member_never_gets_a_key_again(db: None) -> None:
    destroy_data_key(7)
    assert is_destroyed(7)
    with pytest.raises(KeyDestroyed):
        create_data_key(7)
    with pytest.raises(KeyDestroyed):
        create_data_keys([6, 7])
    assert not MemberKey.objects.filter(subject=6).exists()


def test_a_key_destroyed_by_another_process_is_lost_with_the_time_to_live(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(keys.time, "monotonic", lambda: now[0])
    create_data_key(7)
    MemberKey.objects.filter(subject=7).update(wrapped=None, destroyed_at="2026-01-01T00:00Z")
    assert data_key(7)
    now[0] += keys.CACHE_SECONDS + 0.1
    with pytest.raises(KeyDestroyed):
        data_key(7)


def test_memory_holds_a_bounded_number_of_keys_and_sweeps_the_old(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(keys.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(keys, "CACHE_KEYS", 10)
    create_data_keys(range(1, 41))
    for subject in range(1, 31):
        data_key(subject)
    assert len(keys._cache.keys) == 10
    now[0] += keys.CACHE_SECONDS + 1
    data_key(40)
    assert list(keys._cache.keys) == [40]


def test_a_page_larger_than_the_memory_is_kept_whole(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "CACHE_KEYS", 10)
    create_data_keys(range(1, 41))
    data_keys(range(1, 41))
    assert len(keys._cache.keys) == 40


def test_a_wrapped_key_that_was_tampered_with_is_an_error_for_its_member_only(db: None) -> None:
    create_data_keys([7, 8])
    row = MemberKey.objects.get(subject=7)
    MemberKey.objects.filter(subject=7).update(wrapped=bytes(row.wrapped)[:-1] + b"\0\0")
    assert set(data_keys([7, 8])) == {8}
    with pytest.raises(DecryptionError):
        data_key(7)


def test_another_ring_opens_nothing(db: None, tmp_path: Path, settings: Any) -> None:
    create_data_key(7)
    forget_keys()
    settings.KEY_FILE = tmp_path / "other.json"
    create_key_file(settings.KEY_FILE)
    with pytest.raises(DecryptionError):
        data_key(7)


def test_threads_share_the_memory_without_harm(db: None) -> None:
    create_data_keys(range(1, 200))
    data_keys(range(1, 200))
    faults: list[BaseException] = []

    def hammer(work: Callable[[int], object]) -> None:
        try:
            for subject in range(1, 200):
                work(subject)
        except BaseException as fault:  # noqa: BLE001
            faults.append(fault)

    works: list[Callable[[int], object]] = [keys._cache.get, keys._cache.drop, lambda s: keys._cache.among({s})]
    threads = [threading.Thread(target=hammer, args=(work,)) for work in works * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_the_keystore_holds_keys_and_the_main_database_none(db: None) -> None:
    main, keystore = (connections[alias].introspection.table_names() for alias in ("default", "keystore"))
    assert "encryption_memberkey" in keystore
    assert not [name for name in main if name.startswith("encryption")]
    assert not [name for name in keystore if name.startswith(("accounts", "auth"))]


@pytest.mark.sqlite
def test_sqlite_overwrites_the_bytes_of_a_destroyed_key(shared_databases: None) -> None:
    keystore = connections["keystore"]
    create_data_key(7)
    wrapped = bytes(MemberKey.objects.get(subject=7).wrapped)
    destroy_data_key(7)
    name = keystore.settings_dict["NAME"]
    for path in (Path(name), Path(f"{name}-wal")):
        assert not path.exists() or wrapped not in path.read_bytes()


def test_who_reads_the_key_file_can_go_on_reading_it_after_somebody_else_added_a_key(key_file: Path) -> None:
    """The service reads it, an operator rotates: the new file belongs to whom the old one did."""
    key_file.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(key_file, 1234, 5678)
    before = key_file.stat()
    ring().add_key().write(key_file)
    after = key_file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
