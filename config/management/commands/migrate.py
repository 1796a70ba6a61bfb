"""Migrate both databases: what is stored, and the keys that open it."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    """Django's own command, run for every database unless one is named."""

    help = "Migrates both databases, or the one named with --database."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=None)

    def get_check_kwargs(self, options: dict[str, Any]) -> dict[str | None, Any]:
        """Return what the system checks look at: the databases that are about to be migrated."""
        return {**super().get_check_kwargs(options), "databases": aliases(options)}

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate ``options["database"]``; without it, both. An app that is named lives in one of them only."""
        for alias in aliases(options):
            super().handle(*args, **(options | {"database": alias}))


def aliases(options: dict[str, Any]) -> list[str]:
    named = options["database"]
    return [named] if named else list(connections)
