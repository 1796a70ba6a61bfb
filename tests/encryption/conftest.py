"""A cast of two members with sealed profiles, and hands that reach under the ORM."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, models

from accounts.models import Member, Profile


@pytest.fixture
def key_file(tmp_path: Path, settings: Any) -> Path:
    """Give the test a key file of its own, with the keys that everybody has."""
    path = tmp_path / "keys.json"
    shutil.copy2(settings.KEY_FILE, path)
    settings.KEY_FILE = path
    return path


@pytest.fixture
def rose(db: None) -> Member:
    return Member.objects.create_user("rose", "rose@example.org")


@pytest.fixture
def fern(db: None) -> Member:
    return Member.objects.create_user("fern", "fern@example.org")


@pytest.fixture
def profile(rose: Member) -> Profile:
    found = Profile.objects.get(member=rose)
    found.city = "Uppsala"
    found.phone = "+46 18 000 00 00"
    found.birth_date = "1990-02-28"
    found.interests = ["moss", {"depth": 2}]
    found.save()
    return Profile.objects.get(member=rose)


@pytest.fixture
def other_profile(fern: Member) -> Profile:
    found = Profile.objects.get(member=fern)
    found.city = "Visby"
    found.save()
    return Profile.objects.get(member=fern)


def stored(row: models.Model, column: str) -> Any:
    """Return what a column holds, under the ORM."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {row._meta.db_table} WHERE {row._meta.pk.column} = %s", [row.pk])
        [value] = cursor.fetchone()
    return bytes(value) if isinstance(value, memoryview) else value


def plant(row: models.Model, column: str, value: Any) -> None:
    """Put something into a column, under the ORM."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {row._meta.db_table} SET {column} = %s WHERE {row._meta.pk.column} = %s", [value, row.pk]
        )


@pytest.fixture
def shared_databases(transactional_db: None, key_file: Path, tmp_path: Path) -> Iterator[None]:
    """Have databases that another process can open: those of SQLite's tests may lie in memory."""
    with ExitStack() as moved:
        for alias in connections:
            if connections[alias].vendor == "sqlite":
                moved.enter_context(in_a_file(connections[alias], tmp_path / f"{alias}.sqlite3"))
        yield


@contextmanager
def in_a_file(database: Any, path: Path) -> Iterator[None]:
    """Copy a SQLite database to ``path`` and work on the copy, in every thread."""
    database.ensure_connection()
    original, name = database.connection, database.settings_dict["NAME"]
    with closing(sqlite3.connect(path)) as copy:
        original.backup(copy)
    database.connection, database.settings_dict["NAME"] = None, str(path)
    try:
        yield
    finally:
        database.close()
        database.connection, database.settings_dict["NAME"] = original, name
