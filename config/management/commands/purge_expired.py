"""Delete what has reached the end of its retention, now rather than at the next full hour."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import tasks


class Command(BaseCommand):
    """Calls what the clock calls every hour."""

    help = "Deletes what has reached the end of its retention."

    def handle(self, *args: Any, **options: Any) -> None:
        tasks.purge_expired()
        self.stdout.write("Deleted what had expired.")
