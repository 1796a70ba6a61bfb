"""Show which tests keep which promise of the policy."""

import ast
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.promises import PROMISES


class Command(BaseCommand):
    """Reads the marks of the tests; fails on an unknown promise, and with --strict on one without a test."""

    help = "Shows for every promise of the policy the tests that fail when it is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print an object for a program")
        parser.add_argument("--strict", action="store_true", help="fail while a promise has no test")

    def handle(self, *args: Any, as_json: bool, strict: bool, **options: Any) -> None:
        kept = tests_by_promise(settings.BASE_DIR / "tests")
        if unknown := sorted(kept.keys() - PROMISES.keys()):
            raise CommandError(f"marked in tests and promised nowhere: {', '.join(unknown)}")
        rows = {name: {"promise": text, "tests": kept.get(name, [])} for name, text in PROMISES.items()}
        self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) if as_json else written(kept))
        if strict and (bare := sorted(PROMISES.keys() - kept.keys())):
            raise CommandError(f"no test keeps: {', '.join(bare)}")


def written(kept: dict[str, list[str]]) -> str:
    """Return every promise with its tests under it."""
    lines = []
    for name, text in PROMISES.items():
        lines.append(f"{name:3} {text}")
        lines += [f"      {test}" for test in kept.get(name, ["no test yet"])]
    return "\n".join(lines)


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
