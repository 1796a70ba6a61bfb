"""The list of promises, and the tests that keep them."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config.keeping import tests_by_promise as by_promise
from config.promises import PROMISES

SOURCE = """
import pytest
pytestmark = [pytest.mark.promise("A1"), pytest.mark.django_db]

@pytest.mark.promise("E6")
def test_one(): ...

@pytest.mark.promise("E6", "E7")
class TestTwo:
    @pytest.mark.promise("E1")
    def test_three(self): ...

def helper(): ...
"""


def test_marks_of_test_class_and_module_are_found(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SOURCE)
    where = f"{tmp_path.name}/test_it.py"
    assert by_promise(tmp_path) == {
        "A1": [f"{where}::test_one", f"{where}::TestTwo::test_three"],
        "E6": [f"{where}::test_one", f"{where}::TestTwo::test_three"],
        "E7": [f"{where}::TestTwo::test_three"],
        "E1": [f"{where}::TestTwo::test_three"],
    }


def test_a_mark_that_promises_nothing_known_is_refused(tmp_path: Path, settings: object) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(SOURCE.replace("E6", "Z9"))
    settings.BASE_DIR = tmp_path  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="Z9"):
        call_command("check_promises", stdout=StringIO())


def test_every_promise_is_listed_with_its_tests() -> None:
    out = StringIO()
    call_command("check_promises", "--json", stdout=out)
    rows = json.loads(out.getvalue())
    assert rows.keys() == PROMISES.keys()
    assert any("test_errors" in test for test in rows["E6"]["tests"])
