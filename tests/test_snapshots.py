"""What is told to the outside is a file under review: whoever changes it sees it in the diff.

``make snapshots`` renews the files.
"""

import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from config.keeping import kept_by_tests, written
from privacy.policy.kept import FILE as PROMISES_FILE

FOLDER = Path(__file__).parent / "snapshots"


def data_map() -> str:
    out = StringIO()
    call_command("data_map", "--json", stdout=out)
    return out.getvalue()


SNAPSHOTS: dict[str, Callable[[], str]] = {"data_map.json": data_map}


@pytest.mark.promise("A1")
@pytest.mark.parametrize("name", SNAPSHOTS)
def test_what_is_told_is_what_was_reviewed(name: str) -> None:
    path, now = FOLDER / name, SNAPSHOTS[name]().strip() + "\n"
    if os.environ.get("SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(now)
    assert path.is_file(), f"{name} is missing: make snapshots"
    assert now == path.read_text(), f"{name} has changed: if that is meant, make snapshots, and look at the difference"


@pytest.mark.promise("I1")
def test_what_the_public_reads_of_promises_is_so() -> None:
    now = written(kept_by_tests())
    if os.environ.get("SNAPSHOTS") == "write":
        PROMISES_FILE.write_text(now, encoding="utf-8")
    is_so = now == PROMISES_FILE.read_text(encoding="utf-8")
    assert is_so, f"{PROMISES_FILE.name} is out of date: make snapshots, or manage.py check_promises --write"


def test_no_snapshot_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(SNAPSHOTS)
