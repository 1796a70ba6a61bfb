"""Delete what has reached the end of its retention now, not at the next full hour; or say only what would go."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts import tasks
from privacy.retention import Due, due


class Command(BaseCommand):
    """Calls what the clock calls every hour, or lists what the declared terms would take."""

    help = "Deletes what has reached the end of its retention."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what the declared terms would take; change nothing."
        )
        parser.add_argument("--json", action="store_true", help="With --dry-run: as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self._tell(due(timezone.now()), as_json=options["json"])
            return
        if options["json"]:
            raise CommandError("--json goes with --dry-run.")
        tasks.purge_expired()
        self.stdout.write("Deleted what had expired.")

    def _tell(self, found: list[Due], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(
                json.dumps([{**asdict(one), "oldest": one.oldest.isoformat()} for one in found], indent=2)
            )
            return
        for one in found:
            self.stdout.write(f"{one.model}.{one.field}: {one.rows}, the oldest of {one.oldest.isoformat()}")
        self.stdout.write(f"{len(found)} declared terms have something to take. Nothing was changed.")
