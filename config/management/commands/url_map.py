"""Print every route of the site."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.columns import in_columns
from config.routes import Route, routes


class Command(BaseCommand):
    """Lists address, name, methods, roles and purpose of every route, the staff site included."""

    help = "Prints every route: who gets in, with which methods, and what for."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print a list for a program")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:
        found = routes()
        self.stdout.write(json.dumps([asdict(route) for route in found], indent=2) if as_json else table(found))


def table(found: list[Route]) -> str:
    rows = [("PATH", "NAME", "METHODS", "ROLES", "PURPOSE")]
    rows += [(one.path, one.name, ",".join(one.methods), ",".join(one.roles), one.purpose) for one in found]
    return "\n".join(in_columns(rows))
