"""One command migrates what is stored, and the keys that open it."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.config.surroundings import ROOT, development


def migrate(folder: Path, *options: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", *options]
    subprocess.run(command, cwd=ROOT, env=development(folder), check=True)


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_plain_migrate_makes_both_databases_and_keeps_them_apart(tmp_path: Path) -> None:
    migrate(tmp_path)
    main, keystore = tables(tmp_path / "hedgerow.sqlite3"), tables(tmp_path / "keystore.sqlite3")
    assert "accounts_member" in main
    assert "encryption_memberkey" in keystore
    assert "encryption_memberkey" not in main
    assert "accounts_member" not in keystore


@pytest.mark.promise("K2")
def test_keys_are_made_on_the_way_and_are_the_owners_alone(tmp_path: Path) -> None:
    migrate(tmp_path, "--database", "keystore")
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
    assert not tables(tmp_path / "hedgerow.sqlite3")


def test_a_lost_key_file_is_not_replaced_while_there_are_data(tmp_path: Path) -> None:
    migrate(tmp_path)
    (tmp_path / "keys.json").unlink()
    with pytest.raises(subprocess.CalledProcessError):
        migrate(tmp_path)
    assert not (tmp_path / "keys.json").exists()
