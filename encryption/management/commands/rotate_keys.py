"""Change the keys while the site runs: ``manage.py rotate_keys [--new-key] [--re-encrypt] [--retire]``."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from encryption import retirement, rotation
from encryption.keys import CACHE_SECONDS
from encryption.ring import KeyFileError, ring


class Command(BaseCommand):
    """Rewraps data keys, re-encrypts values, retires what is no longer used."""

    help = "Move data keys to the active ring key, and on request re-encrypt all values, while the site runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--new-key", action="store_true", help="first add a key to the ring and make it active")
        parser.add_argument("--rewrap", action="store_true", help="rewrap the data keys (always done)")
        parser.add_argument("--re-encrypt", action="store_true", help="also give every member a new data key")
        parser.add_argument(
            "--retire", action="store_true", help="then drop ring keys and generations not used any more"
        )
        parser.add_argument(
            "--settle",
            type=float,
            default=CACHE_SECONDS + 1,
            metavar="SECONDS",
            help="how long other processes may go on with keys in memory (default: %(default)s)",
        )
        parser.add_argument(
            "--grace",
            type=float,
            default=3600,
            metavar="SECONDS",
            help="keep superseded generations at least so long (default: %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked, in the order in which it is safe. Raises CommandError."""
        try:
            with rotation.only_rotation(), self._bars(show=not options["json"]) as advance:
                report = _rotate(options, advance)
        except (rotation.RotationBusy, KeyFileError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(json.dumps(report) if options["json"] else _in_words(report))
        if report["unreadable"]:
            raise CommandError(f"{report['unreadable']} could not be opened and were left as they were")

    @contextmanager
    def _bars(self, *, show: bool) -> Iterator[rotation.Advance]:
        """Yield a function that moves a bar per kind of work; bars are drawn on a terminal only."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, disable=not (show and self.stdout.isatty())) as progress:
            tasks: dict[str, TaskID] = {}

            def advance(what: str, steps: int) -> None:
                if what not in tasks:
                    tasks[what] = progress.add_task(what, total=None)
                progress.advance(tasks[what], steps)

            yield advance


def _rotate(options: dict[str, Any], advance: rotation.Advance) -> dict[str, Any]:
    report: dict[str, Any] = {"unreadable": 0}
    if options["new_key"]:
        report["new_key"] = rotation.add_ring_key()
    rewrapped = rotation.rewrap(advance)
    report |= {"active": ring().active, "rewrapped": rewrapped["rewrapped"], "unreadable": rewrapped["unreadable"]}
    if options["re_encrypt"]:
        report |= _re_encrypt(advance, options["settle"], report["unreadable"])
    if options["retire"]:
        report["retired_generations"] = retirement.retire_generations(options["grace"])
        report["retired_ring_keys"] = retirement.retire_ring_keys()
    return report


def _re_encrypt(advance: rotation.Advance, settle: float, unreadable: int) -> dict[str, int]:
    done = rotation.re_encrypt(rotation.current_run(), advance, settle=settle)
    return {name: done[name] for name in ("keys", "values", "files", "without_key")} | {
        "unreadable": unreadable + done["unreadable"]
    }


def _in_words(report: dict[str, Any]) -> str:
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in report.items())
