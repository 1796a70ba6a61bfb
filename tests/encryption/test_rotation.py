"""Changing keys: nothing is lost, whoever writes meanwhile, and wherever the process is killed."""

import datetime as dt
import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import connections

from accounts.models import Member, Profile
from encryption import keys, retirement, rotation
from encryption.envelope import generation_of
from encryption.fields import UNAVAILABLE, open_values
from encryption.keys import KeyRing, data_key, destroy_data_key, forget_keys, is_destroyed, ring
from encryption.models import MemberKey, ReEncryption
from encryption.storage import EncryptedStorage

from .conftest import plant, stored

QUICK = {"settle": 0, "grace": 0}
ROOT = Path(__file__).resolve().parents[2]


def rotate(**options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("rotate_keys", json=True, stdout=out, **(QUICK | options))
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def cities() -> dict[str, Any]:
    forget_keys()
    return {found.member.handle: found.city for found in Profile.objects.select_related("member")}


BOTH = {"rose": "Uppsala", "fern": "Visby"}


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EncryptedStorage:
    monkeypatch.setattr(rotation, "_file_sources", [])
    return EncryptedStorage(FileSystemStorage(tmp_path / "uploads"))


@pytest.mark.promise("K2")
def test_rewrapping_moves_every_key_and_touches_no_value(
    key_file: Path, profile: Profile, other_profile: Profile
) -> None:
    before = stored(profile, "city")
    old = ring().active
    report = rotate(new_key=True)
    assert report == {"unreadable": 0, "new_key": old + 1, "active": old + 1, "rewrapped": 2}
    assert set(MemberKey.objects.values_list("ring_key", flat=True)) == {old + 1}
    assert (stored(profile, "city"), cities()) == (before, BOTH)
    assert rotate()["rewrapped"] == 0


def test_an_old_ring_key_stays_until_it_is_retired(key_file: Path, profile: Profile, other_profile: Profile) -> None:
    old = ring().active
    rotate(new_key=True)
    assert set(ring().keys) == {old, old + 1}
    assert rotate(retire=True)["retired_ring_keys"] == [old]
    assert set(ring().keys) == {old + 1}
    assert cities() == BOTH


@pytest.mark.promise("K2")
def test_re_encryption_seals_every_value_and_file_under_a_new_key(
    key_file: Path, profile: Profile, other_profile: Profile, uploads: EncryptedStorage
) -> None:
    uploads.save_sealed("one", b"picture", profile.pk)
    rotation.register_files(lambda: [(uploads, "one", profile.pk), (uploads, "gone", profile.pk)])
    before = stored(profile, "city")
    report = rotate(re_encrypt=True)
    assert (report["keys"], report["files"], report["unreadable"]) == (2, 1, 0)
    assert report["values"] == 7
    assert stored(profile, "city") != before
    for row, column in ((profile, "city"), (profile, "interests"), (profile.member, "email")):
        assert generation_of(stored(row, column)) == 2
    assert generation_of(uploads.envelope("one")) == 2
    assert uploads.open_sealed("one", profile.pk) == b"picture"
    assert cities() == BOTH
    assert ReEncryption.objects.get().finished_at is not None


def test_old_generations_go_only_when_nothing_is_sealed_with_them(
    key_file: Path, profile: Profile, other_profile: Profile
) -> None:
    behind = stored(profile, "city")
    rotate(re_encrypt=True)
    plant(profile, "city", behind)  # somebody wrote back what they had read before
    assert cities() == BOTH
    assert rotate(retire=True)["retired_generations"] == 1
    assert cities() == BOTH
    assert rotate(re_encrypt=True, retire=True)["unreadable"] == 0
    assert cities() == BOTH
    assert MemberKey.objects.count() == 2


def test_a_generation_superseded_just_now_is_kept(key_file: Path, profile: Profile) -> None:
    assert rotate(re_encrypt=True, retire=True, grace=60)["retired_generations"] == 0


def test_an_erased_member_gets_no_new_key_and_fails_nothing(
    key_file: Path, profile: Profile, other_profile: Profile
) -> None:
    destroy_data_key(profile.pk)
    report = rotate(new_key=True, re_encrypt=True, retire=True)
    assert (report["keys"], report["unreadable"]) == (1, 0)
    assert report["without_key"] == 5
    assert is_destroyed(profile.pk)
    assert MemberKey.objects.filter(subject=profile.pk).count() == 1


def test_what_does_not_open_is_left_alone_and_reported(key_file: Path, profile: Profile) -> None:
    broken = stored(profile, "city")[:-1] + b"\0"
    plant(profile, "city", broken)
    with pytest.raises(CommandError, match="1 could not be opened"):
        rotate(re_encrypt=True, retire=True)
    assert stored(profile, "city") == broken
    assert MemberKey.objects.filter(subject=profile.pk).count() == 2


@pytest.mark.promise("K2")
def test_a_write_between_reading_and_replacing_wins(
    key_file: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap = rotation._swap

    def interrupted(row: Any, changes: Any) -> bool:
        monkeypatch.setattr(rotation, "_swap", swap)
        found = Profile.objects.get(pk=profile.pk)
        found.city = "Lund"
        found.save()
        return swap(row, changes)

    rotation.renew_keys(rotation.current_run())
    monkeypatch.setattr(rotation, "sealed_models", lambda: [Profile])
    monkeypatch.setattr(rotation, "_swap", interrupted)
    rotate(re_encrypt=True)
    found = Profile.objects.get(pk=profile.pk)
    assert (found.city, found.phone) == ("Lund", "+46 18 000 00 00")
    assert generation_of(stored(profile, "phone")) == 2


def test_a_value_sealed_by_another_process_under_a_newer_key_opens(key_file: Path, profile: Profile) -> None:
    held = data_key(profile.pk)
    rotate(re_encrypt=True)
    keys._cache.put({profile.pk: held})  # this process still has the old key in memory
    assert Profile.objects.get(pk=profile.pk).city == "Uppsala"
    keys._cache.put({profile.pk: held})
    field: Any = Profile._meta.get_field("city")
    assert open_values(field, Profile.objects.filter(pk=profile.pk).values_list("pk", "city")) == ["Uppsala"]


def test_an_interrupted_run_is_resumed_and_gives_nobody_two_keys(
    key_file: Path, profile: Profile, other_profile: Profile
) -> None:
    rotation.renew_keys(rotation.current_run())
    assert rotate(re_encrypt=True)["keys"] == 0
    assert MemberKey.objects.filter(subject=profile.pk).count() == 2
    assert ReEncryption.objects.count() == 1


def test_one_rotation_at_a_time(key_file: Path) -> None:
    with rotation.only_rotation(), pytest.raises(CommandError, match="under way"):
        rotate()


def test_a_missing_key_file_is_a_clear_error(db: None, settings: Any, tmp_path: Path) -> None:
    settings.KEY_FILE = tmp_path / "none.json"
    with pytest.raises(CommandError, match="cannot be read"):
        rotate()


def test_progress_and_counts_are_shown_to_people(key_file: Path, profile: Profile) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    call_command("rotate_keys", re_encrypt=True, settle=0, stdout=out)
    assert "keys: 1" in out.getvalue()


# --- kill -9 ----------------------------------------------------------------------------------------------------------
RUN = textwrap.dedent(
    """
    import os, signal, sys
    import django
    django.setup()
    from django.core.management import call_command
    from encryption import keys, retirement, ring, rotation, storage

    left = int(sys.argv[1])
    watched = {module.__file__ for module in (rotation, retirement, keys, ring, storage)}

    def trace(frame, event, argument):
        global left
        if frame.f_code.co_filename not in watched:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    call_command("rotate_keys", new_key=True, re_encrypt=True, retire=True, settle=0, grace=0, json=True)
    sys.settrace(None)
    print("lines left", left)
    """
)


def run_killed_after(lines: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, str(lines)],
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def environment() -> dict[str, str]:
    """Point a child process at the databases and the key file of this test."""
    return os.environ | {
        "DATABASE_URL": address("default"),
        "KEYSTORE_URL": address("keystore"),
        "KEY_FILE": str(settings.KEY_FILE),
        "PYTHONDONTWRITEBYTECODE": "",
    }


def address(alias: str) -> str:
    found = connections[alias].settings_dict
    if connections[alias].vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    login = found["USER"] + (f":{found['PASSWORD']}" if found["PASSWORD"] else "")
    return f"postgres://{login}@{found['HOST'] or '127.0.0.1'}:{found['PORT'] or 5432}/{found['NAME']}"


@pytest.mark.promise("K2")
def test_a_rotation_killed_at_any_line_loses_nothing_and_is_taken_up_again(shared_databases: None) -> None:
    for handle, city in BOTH.items():
        found = Member.objects.create_user(handle, f"{handle}@example.org").profile
        found.city = city
        found.save()
    whole = run_killed_after(10**9)
    assert whole.returncode == 0, whole.stderr
    lines = 10**9 - int(whole.stdout.split()[-1])
    # Not up to the last line: a rotation that is taken up again has less to do, and must still be there to be killed.
    for at in range(1, lines * 5 // 6, max(1, lines // 12)):
        killed = run_killed_after(at)
        assert killed.returncode == -9, killed.stderr
        assert cities() == BOTH, at
        assert [found.member.email for found in Profile.objects.filter(member__handle="rose")] == ["rose@example.org"]
    assert run_killed_after(10**9).returncode == 0
    assert cities() == BOTH
    assert len(ring().keys) == 1
    assert MemberKey.objects.count() == 2


class Crowd:
    """Threads that write and read profiles until told to stop, and remember what they wrote and what went wrong."""

    def __init__(self, members: list[Member]) -> None:
        self.members = members
        self.stop = threading.Event()
        self.faults: list[str] = []
        self.written: dict[int, str] = {}

    def __enter__(self) -> "Crowd":
        self.threads = [threading.Thread(target=self._guarded, args=(work,)) for work in (self._write, self._read)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            while not self.stop.is_set():
                work()
        except Exception as fault:  # noqa: BLE001  # told to the test, which fails
            self.faults.append(repr(fault))
        finally:
            connections.close_all()

    def _write(self) -> None:
        for member in self.members:
            found = Profile.objects.get(member=member)
            found.city = f"city {dt.datetime.now(dt.UTC).timestamp()}"
            found.save(update_fields=["city", "city_index"])
            self.written[member.pk] = found.city

    def _read(self) -> None:
        self.faults += [f"unavailable {row.pk}" for row in Profile.objects.with_keys() if row.city is UNAVAILABLE]


@pytest.mark.promise("K2")
def test_people_write_and_read_while_keys_change(shared_databases: None) -> None:
    members = [Member.objects.create_user(f"member{at}", f"m{at}@example.org") for at in range(12)]
    command = [sys.executable, "manage.py", "rotate_keys", "--new-key", "--re-encrypt", "--settle", "0", "--json"]
    with Crowd(members) as crowd:
        for _ in range(3):
            subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, timeout=60, check=True)
    assert crowd.faults == []
    assert crowd.written
    forget_keys()
    assert {row.pk: row.city for row in Profile.objects.filter(pk__in=crowd.written)} == crowd.written


def test_a_key_made_while_the_ring_changes_is_kept(key_file: Path, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before, write = ring(), KeyRing.write
    rotate(new_key=True)

    def made_meanwhile(smaller: KeyRing, path: Path) -> None:
        MemberKey.objects.create(subject=7, ring_key=before.active, wrapped=before.wrap(bytes(range(32)), 7, 1))
        write(smaller, path)

    monkeypatch.setattr(KeyRing, "write", made_meanwhile)
    assert retirement.retire_ring_keys() == [before.active]
    assert data_key(7).subject == 7


def test_a_ring_key_that_still_wraps_something_is_kept(key_file: Path, db: None) -> None:
    old = ring().active
    MemberKey.objects.create(subject=7, ring_key=old, wrapped=b"broken")
    with pytest.raises(CommandError, match="1 could not be opened"):
        rotate(new_key=True, retire=True)
    assert old in ring().keys
