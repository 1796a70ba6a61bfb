"""Show which tests keep which promise of the policy, and what carries it out."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.executing import EXECUTED_BY
from config.keeping import kept_by_tests, unkept, write
from config.promises import PROMISES


class Command(BaseCommand):
    """Reads the marks of the tests; fails on an unknown promise, and on one that is said to be kept and has no test."""

    help = "Shows for every promise of the policy what carries it out, and the tests that fail when it is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print an object for a program")
        parser.add_argument("--strict", action="store_true", help="fail while any promise has no test")
        parser.add_argument("--write", action="store_true", help="renew the file that the page /policy/kept/ goes by")

    def handle(self, *args: Any, as_json: bool, strict: bool, **options: Any) -> None:
        kept = kept_by_tests()
        if unknown := sorted(kept.keys() - PROMISES.keys()):
            raise CommandError(f"marked in tests and promised nowhere: {', '.join(unknown)}")
        rows = {name: row(name, kept) for name in PROMISES}
        self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) if as_json else shown(rows))
        if bare := unkept(kept):
            raise CommandError(f"said to be kept, and no test keeps: {', '.join(bare)}")
        if options["write"]:
            write(kept)
        if strict and (bare := sorted(PROMISES.keys() - kept.keys())):
            raise CommandError(f"no test keeps: {', '.join(bare)}")


def row(name: str, kept: dict[str, list[str]]) -> dict[str, Any]:
    """Return what a program may know of one promise."""
    execution = EXECUTED_BY.get(name)
    return {
        "promise": PROMISES[name],
        "code": list(execution.code) if execution else [],
        "screens": list(execution.staff) if execution else [],
        "tests": kept.get(name, []),
    }


def shown(rows: dict[str, dict[str, Any]]) -> str:
    """Return every promise with what carries it out and its tests under it."""
    lines = []
    for name, each in rows.items():
        lines.append(f"{name:3} {each['promise']}")
        lines.append(f"      by {', '.join([*each['code'], *each['screens']]) or 'nothing yet, or in part'}")
        lines += [f"      {test}" for test in each["tests"] or ["no test yet"]]
    return "\n".join(lines)
