"""Django's ``loaddata`` stores what no key has sealed: it has no place here."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Refuses, and says what to use instead."""

    help = "Not available: it stores what no key has sealed."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse."""
        raise CommandError(
            "loaddata stores what no key has sealed. Back up the databases themselves; see docs/operations.md."
        )
