"""System checks: what would make the seal worth less than it looks."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from encryption import checks
from encryption.checks import check_key_file, check_keystore


def ids(faults: list[Any]) -> list[str]:
    return [fault.id for fault in faults]


def test_the_site_as_it_is_configured_passes(key_file: Path) -> None:
    assert check_key_file(None) == []
    assert check_keystore(None) == []


def test_a_key_file_that_others_can_read_is_an_error(key_file: Path) -> None:
    for mode in (0o640, 0o604):
        key_file.chmod(mode)
        assert ids(check_key_file(None)) == ["encryption.E011"]


def test_a_missing_or_broken_key_file_is_an_error(key_file: Path) -> None:
    key_file.write_text("{")
    assert ids(check_key_file(None)) == ["encryption.E010"]
    key_file.unlink()
    assert ids(check_key_file(None)) == ["encryption.E010"]


def test_a_keystore_in_the_main_database_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"ENGINE": "e", "NAME": "one"}
    monkeypatch.setattr(checks, "settings", SimpleNamespace(DATABASES={"default": one, "keystore": dict(one)}))
    assert ids(check_keystore(None)) == ["encryption.E013"]
    monkeypatch.setattr(checks, "settings", SimpleNamespace(DATABASES={"default": one}))
    assert ids(check_keystore(None)) == ["encryption.E012"]
