"""Django's ``dumpdata`` writes every value in the open: it has no place here."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Refuses, and says what to use instead."""

    help = "Not available: it writes every value in the open."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse."""
        raise CommandError(
            "dumpdata writes every value in the open. Back up the databases themselves; see docs/operations.md."
        )
