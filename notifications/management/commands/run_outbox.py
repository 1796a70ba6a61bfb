"""The outbox by hand, or as a worker of its own that does nothing else."""

import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.delivery import deliver

LOOKS_EVERY = 1.0


class Command(BaseCommand):
    """Sends what is due, once or until SIGTERM or Ctrl-C."""

    help = "Sends the notices that are due, and goes on until told to end. Any number of these may run side by side."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is due any more")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        ending = threading.Event()

        def end(number: int, frame: FrameType | None) -> None:
            ending.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        moved = deliver()
        while not once and not ending.wait(LOOKS_EVERY):
            moved += deliver()
        self.stdout.write(f"Notices looked at: {moved}")
