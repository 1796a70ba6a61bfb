"""Which tests keep which promise, read from the marks in their source; and the file that says so where no tests are."""

import ast
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from config.executing import EXECUTED_BY
from config.promises import PROMISES
from privacy.policy.kept import FILE

# The preamble has no letter, and its promise has one that a clause has too.
CLAUSES = {"I1": ""}


def kept_by_tests() -> dict[str, list[str]]:
    """Return the tests of this site by the promises they are marked with."""
    return tests_by_promise(settings.BASE_DIR / "tests")


def unkept(kept: dict[str, list[str]]) -> list[str]:
    """Return the promises that are said to be carried out, and that no test keeps."""
    return sorted(EXECUTED_BY.keys() - kept.keys())


def written(kept: dict[str, list[str]]) -> str:
    """Return what the public page of promises goes by: a promise on a line, so that a change of one is a line."""
    lines = (f"  {json.dumps(name)}: {json.dumps(_row(name, kept), ensure_ascii=False)}" for name in PROMISES)
    return "{\n" + ",\n".join(lines) + "\n}\n"


def write(kept: dict[str, list[str]]) -> None:
    """Write it where the page reads it."""
    FILE.write_text(written(kept), encoding="utf-8")


def _row(name: str, kept: dict[str, list[str]]) -> dict[str, object]:
    execution = EXECUTED_BY.get(name)
    return {
        "clause": CLAUSES.get(name, name[0].lower()),
        "words": PROMISES[name],
        "code": execution.code if execution else (),
        "staff": execution.staff if execution else (),
        "tests": len(kept.get(name, ())),
    }


def tests_by_promise(folder: Path) -> dict[str, list[str]]:
    """Return the tests in ``folder`` by the promises they are marked with."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        of_module = list(marks_of_module(tree))
        for name, promise in marked(tree, of_module):
            found[promise].append(f"{path.relative_to(folder.parent)}::{name}")
    return dict(found)


def marked(tree: ast.Module | ast.ClassDef, inherited: list[str], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield test and promise for every mark on a test, its class or its module."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from marked(node, [*inherited, *promises_in(node.decorator_list)], f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for promise in dict.fromkeys([*inherited, *promises_in(node.decorator_list)]):
                yield prefix + node.name, promise


def marks_of_module(tree: ast.Module) -> Iterator[str]:
    """Yield the promises in ``pytestmark = …``."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "pytestmark" for target in node.targets):
            yield from promises_in([node.value])


def promises_in(nodes: list[ast.expr]) -> Iterator[str]:
    """Yield the arguments of every ``pytest.mark.promise(…)`` within ``nodes``."""
    for node in nodes:
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "promise":
                yield from (str(argument.value) for argument in call.args if isinstance(argument, ast.Constant))
