"""Run known answers: ``manage.py crypto_selftest [--vectors FILE …] [--json]``."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from encryption.selftest import KNOWN_ANSWERS, Failure, VectorFileError, run


class Command(BaseCommand):
    """Compares this machine's cryptography with vectors in Wycheproof's JSON format."""

    help = "Check AES-GCM, HKDF and HMAC against known answers or Wycheproof vector files."
    # Neither keys nor a database are needed, so that it runs on a machine that has none.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--vectors", nargs="+", action="extend", default=[], metavar="FILE", help="vector files")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the vectors. Raises CommandError when a file cannot be run or a verdict differs from it."""
        results = [self._run(path) for path in options["vectors"]] or [run(known) for known in KNOWN_ANSWERS]
        tested, failures = sum(count for count, _ in results), [failure for _, some in results for failure in some]
        self._tell(tested, failures, as_json=options["json"])
        if failures:
            raise CommandError(f"{len(failures)} of {tested} vectors failed")

    def _run(self, path: str) -> tuple[int, list[Failure]]:
        try:
            return run(json.loads(Path(path).read_text(encoding="utf-8")))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{path} is not JSON: {error}") from None
        except VectorFileError as error:
            raise CommandError(f"{path}: {error}") from None

    def _tell(self, tested: int, failures: list[Failure], *, as_json: bool) -> None:
        if as_json:
            found = [{"tcId": failure.tc_id, "reason": failure.reason} for failure in failures]
            self.stdout.write(json.dumps({"tested": tested, "failures": found}))
            return
        for failure in failures:
            self.stdout.write(f"{failure.tc_id}: {failure.reason}")
        self.stdout.write(f"{tested} tested, {len(failures)} failed")
