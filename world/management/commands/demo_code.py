"""Print the code that a member of staff of the demo world signs in with."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from security.authenticator import code_now
from world.alderford import STAFF
from world.demo import totp_secret

HANDLES = [officer.handle for officer in STAFF]


class Command(BaseCommand):
    """Stands in for the authenticator app of somebody of staff who does not exist. It opens no account but theirs."""

    help = "Prints the six digits that an authenticator app of the demo staff shows now. For development."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("handle", help=f"one of {', '.join(HANDLES)}")

    def handle(self, *args: Any, handle: str, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("demo_code is for development.")
        if handle.removeprefix("@") not in HANDLES:
            raise CommandError(f"Nobody of the demo staff is called {handle}. There are {', '.join(HANDLES)}.")
        self.stdout.write(code_now(totp_secret(handle.removeprefix("@"))))
