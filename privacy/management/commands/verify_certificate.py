"""Check a certificate of erasure."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy.erasure.certificate import NotACertificate, fingerprint, read
from privacy.models import ErasureRequest


class Command(BaseCommand):
    """Says whether the signature is ours, and whether this is what was issued under its number."""

    help = "Checks the signature of a certificate of erasure, and whether it is the one that was issued."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the file that was enclosed in the mail")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            said = read(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"the file cannot be read: {type(error).__name__}") from None
        except NotACertificate:
            raise CommandError("this is not written as a certificate is") from None
        if said is None:
            raise CommandError("the signature is not ours, or something was changed")
        issued = ErasureRequest.objects.filter(certificate=fingerprint(said)).exists()
        self.stdout.write("The signature is ours.")
        self.stdout.write("It was issued." if issued else "Nothing is on record about it here any more.")
