"""``manage.py calibrate_passwords``: how much a password hash may cost on this machine."""

import json
import statistics
import time
from argparse import ArgumentParser
from math import ceil
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from security.discretion import EVEN_SECONDS
from security.hashing import spend

MOST_PASSES = 64
MEGABYTE = 1024  # KiB
LEAST_MEMORY = 19  # MiB, with two passes
ENOUGH_FOR_ONE_PASS = 46 * MEGABYTE


class Command(BaseCommand):
    help = "Measure how long a password hash takes here, and print what to set so that it takes as long as it should."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--milliseconds", type=int, default=250, help="how long a hash should take (250)")
        parser.add_argument("--memory", type=int, default=64, help="MiB that each hash uses (64; not less than 19)")
        parser.add_argument("--json", action="store_true", help="print it for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print settings whose hash takes the time that is wanted, or a little less."""
        wanted, memory = options["milliseconds"] / 1000, options["memory"] * MEGABYTE
        if options["memory"] < LEAST_MEMORY:
            raise CommandError("Under 19 MiB is less than OWASP's Password Storage Cheat Sheet takes for any hash.")
        if not 0 < wanted < EVEN_SECONDS:
            raise CommandError(
                f"A hash has to end within {EVEN_SECONDS} s: answers that must look alike take that long."
            )
        one, least = measure(1, memory), least_passes(memory)
        passes = min(MOST_PASSES, max(least, int(wanted / one)))
        found = {
            "ARGON2_TIME_COST": passes,
            "ARGON2_MEMORY_KIB": memory,
            "milliseconds": round(measure(passes, memory) * 1000),
            "milliseconds_now": round(measure(settings.ARGON2_TIME_COST, settings.ARGON2_MEMORY_KIB) * 1000),
            "reached": least * one <= wanted,
        }
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        self.stdout.write(in_lines(found))
        if not found["reached"]:
            self.stdout.write(what_it_would_take(options["milliseconds"], memory, least, one))


def least_passes(memory_kib: int) -> int:
    """Return how many passes are safe with that memory, as OWASP's Password Storage Cheat Sheet has it."""
    return 1 if memory_kib >= ENOUGH_FOR_ONE_PASS else 2


def what_it_would_take(milliseconds: int, memory_kib: int, least: int, one: float) -> str:
    """Say why the aim is not reached, and with how much memory it would be. A hash costs as its memory and passes."""
    per_mebibyte = one * MEGABYTE / memory_kib
    fitting = [
        mebibytes
        for mebibytes in range(LEAST_MEMORY, memory_kib // MEGABYTE)
        if least_passes(mebibytes * MEGABYTE) * mebibytes * per_mebibyte * 1000 <= milliseconds
    ]
    passes = "1 pass" if least == 1 else f"{least} passes"
    why = f"# {milliseconds} ms cannot be reached with {memory_kib // MEGABYTE} MiB: {passes} is the least that is safe"
    if fitting:
        return f"{why}.\n# It would take less memory: --memory {max(fitting)}. Less memory is easier to attack."
    quickest = min(ENOUGH_FOR_ONE_PASS // MEGABYTE, 2 * LEAST_MEMORY) * per_mebibyte * 1000
    return (
        f"{why}, and no memory that is safe is quick enough here.\n"
        f"# It would take a quicker machine, or an aim of {ceil(quickest)} ms with --memory {LEAST_MEMORY}."
    )


def measure(passes: int, memory_kib: int) -> float:
    """Return the seconds of a processor that a hash takes, whatever else the machine does: the median of seven."""
    times = []
    for _ in range(7):
        begun = time.process_time()
        spend("a password as people choose it", passes=passes, memory_kib=memory_kib)
        times.append(time.process_time() - begun)
    return statistics.median(times)


def in_lines(found: dict[str, Any]) -> str:
    return (
        f"ARGON2_TIME_COST={found['ARGON2_TIME_COST']}\n"
        f"ARGON2_MEMORY_KIB={found['ARGON2_MEMORY_KIB']}\n"
        f"# A hash takes {found['milliseconds']} ms with these here; with the settings in force"
        f" {found['milliseconds_now']} ms.\n"
        "# Every thread that serves may use this memory at once: WEB_WORKERS × WEB_THREADS × ARGON2_MEMORY_KIB."
    )
