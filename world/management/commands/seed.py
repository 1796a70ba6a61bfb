"""Fill an installation: a described world, a crowd, or the demo town."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from world import demo
from world.arrival import CrowdExists, load_crowd
from world.crowd import Crowd
from world.loading import NotEmpty, load
from world.parts import WorldRefused
from world.progress import progress
from world.reading import read_file

WHAT_TO_DO = """\
A described world and the demo town are loaded into an empty installation only. What you can do:
  to keep what is here:     add a crowd beside it (seed --members N), or leave it as it is (manage.py up serves it)
  to have both:             name an empty folder and load it there (VAR_DIR=/somewhere manage.py up)
  to begin anew, for good:  stop the site, and delete its databases, uploads and keys"""
MOST_PROBLEMS = 20
LARGEST_SEED = 10**9


class Command(BaseCommand):
    help = (
        "Load a described world (--world FILE) or the demo town into an empty installation, "
        "or add a crowd of invented members (--members N --seed S)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--world", type=Path, metavar="FILE", help="a described world, as JSON")
        what.add_argument("--members", type=int, metavar="N", help="a crowd of N members")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="which crowd (default: 1)")
        parser.add_argument("--json", action="store_true", help="print where things are as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            if options["members"] is not None:
                summary = self.seed_crowd(options["members"], options["seed"])
            else:
                summary = self.seed_world(options["world"])
        self.stdout.write(json.dumps(summary, indent=2) if options["json"] else in_words(summary))

    def seed_crowd(self, size: int, seed: int) -> dict[str, Any]:
        if size < 1 or not 0 <= seed < LARGEST_SEED:
            raise CommandError(f"--members must be 1 or more, --seed from 0 to {LARGEST_SEED - 1}")
        crowd = Crowd(size, seed)
        with progress("Members", size, self.stderr) as told:
            load_crowd(crowd, told=told)
        return {"crowd": {"members": size, "first": f"/@{crowd.handle(0)}/", "last": f"/@{crowd.handle(size - 1)}/"}}

    def seed_world(self, path: Path | None) -> dict[str, Any]:
        if path is None and settings.PRODUCTION:
            raise CommandError("The demo town has a password that everybody knows: not in production.")
        world = demo.read() if path is None else read_file(path)
        with progress("Members", len(world.members), self.stderr, plain=False) as told:
            return load(world, told=told).summary


@contextmanager
def refusals() -> Iterator[None]:
    """Say in the command's own way why nothing was loaded."""
    try:
        yield
    except WorldRefused as refused:
        raise CommandError(listed(refused.problems)) from refused
    except NotEmpty as refused:
        raise CommandError(f"{refused} Nothing was loaded.\n{WHAT_TO_DO}") from refused
    except CrowdExists as refused:
        raise CommandError(str(refused)) from refused


def listed(problems: tuple[str, ...]) -> str:
    """Return the first problems a line each, and how many more there are."""
    lines = ["Nothing was loaded. The world does not fit:", *(f"  {problem}" for problem in problems[:MOST_PROBLEMS])]
    more = len(problems) - MOST_PROBLEMS
    return "\n".join([*lines, f"  … and {more} more"] if more > 0 else lines)


def in_words(summary: dict[str, Any]) -> str:
    """Return a summary for people."""
    if "crowd" in summary:
        return "Added {members:,} members, from {first} to {last}.".format(**summary["crowd"])
    lines = [f"{len(summary[name])} {name}" for name in ("members", "posts", "reposts", "partners") if summary[name]]
    if summary["narrowed"]:
        lines.append(f"narrowed to friends, because under age: {', '.join(summary['narrowed'])}")
    if summary["left_out"]:
        lines.append(f"left out, because this installation has no place for it yet: {', '.join(summary['left_out'])}")
    return "\n".join(["The world is loaded.", *(f"  {line}" for line in lines)])
