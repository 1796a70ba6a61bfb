"""Erase again whoever a restored backup has brought back, before the site is opened."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.erasure.replaying import is_clean, replay


class Command(BaseCommand):
    """Calls what the worker calls as it starts, and says whether the site is ready after that."""

    help = "Erases again everybody who was erased and whom a restored backup has brought back. Nobody is mailed."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Accounts erased again: {replay()}")
        if not is_clean():
            raise CommandError("Something is in the way: look at the requests for erasure in the back office.")
