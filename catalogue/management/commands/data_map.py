"""Prints the catalogue: what is held, what for, how long and who may see it."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.table import Table

from catalogue.data_map import data_map

_SHOWN = ("field", "category", "purpose", "basis", "keep_for_days", "audience", "marks", "erasure")
_MARKS = ("settable", "shareable", "encrypted", "masked", "searchable")


class Command(BaseCommand):
    """``data_map``: a table on a terminal, tab-separated lines elsewhere; ``--json``: a list for programs."""

    help = "Shows every piece of personal data that this installation declares."
    # A map of a catalogue that contradicts the models would be a lie; the other checks have nothing to do with it.
    requires_system_checks = ("catalogue",)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")

    def handle(self, *_: Any, **options: Any) -> None:
        entries = data_map()
        if options["json"]:
            self.stdout.write(json.dumps(entries, indent=2))
        elif self.stdout.isatty():
            Console(file=cast("IO[str]", self.stdout)).print(*_tables(entries))
        else:
            self.stdout.writelines("\t".join(_cells(each)) + "\n" for each in [_headings(), *entries])


def _headings() -> dict[str, object]:
    return {name: name.replace("_", " ") for name in ("model", *_SHOWN)}


def _cells(entry: dict[str, object]) -> list[str]:
    shown = {"marks": _marks(entry).replace("\n", " "), **entry}
    return ["" if shown[name] is None else str(shown[name]) for name in ("model", *_SHOWN)]


def _marks(entry: dict[str, object]) -> str:
    return "\n".join(name for name in _MARKS if entry.get(name) is True)


def _tables(entries: list[dict[str, object]]) -> Iterator[Table]:
    # Nine columns would be cut off on a usual terminal: one table for each model, what belongs together in one cell.
    for model, fields in groupby(entries, lambda entry: entry["model"]):
        table = Table("field", "what for", "audience", "marks", "erasure", title=str(model), title_justify="left")
        for column in table.columns:
            column.overflow = "fold"
        for each in fields:
            table.add_row(str(each["field"]), _reasons(each), str(each["audience"]), _marks(each), str(each["erasure"]))
        yield table


def _reasons(entry: dict[str, object]) -> str:
    term = "" if entry["keep_for_days"] is None else f"{entry['keep_for_days']} days"
    return "\n".join(filter(None, (str(entry["category"]), str(entry["purpose"]), str(entry["basis"]), term)))
