"""Mail that comes back, handed over by the mail server of the sender's address."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from notifications.reports import read
from notifications.returned import take_in

LARGEST = 10 * 2**20


class Command(BaseCommand):
    """Reads one mail from its standard input."""

    help = (
        "Reads a mail that came back from standard input, for a pipe of the mail server: what did not arrive, or was "
        "called spam. Ends well for any other mail too, which it leaves alone."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        returned = read(sys.stdin.buffer.read(LARGEST))
        is_ours = returned is not None and take_in(returned)
        self.stdout.write("Taken in." if is_ours else "Nothing about mail of ours.")
