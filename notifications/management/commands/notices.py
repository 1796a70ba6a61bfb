"""Every notice there is, and how it looks."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.notices import Notice, declared
from notifications.previews import preview


class Command(BaseCommand):
    """Lists the declared notices, or writes them out."""

    help = "Lists every notice with its category; with --preview, writes each of them into a folder, filled in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--preview", type=Path, metavar="DIR", help="write subject, text and HTML of each in here")

    def handle(self, *args: Any, preview: Path | None, **options: Any) -> None:
        width = max(len(notice.slug) for notice in declared())
        for notice in declared():
            how = "always sent" if notice.category.is_always_sent else "by preference"
            self.stdout.write(f"{notice.slug:<{width}}  {notice.category.label}, {how}: {notice.title}")
            if preview is not None:
                _write(notice, preview / notice.slug)


def _write(notice: Notice, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part, text in preview(notice).items():
        (folder / part).write_text(text, encoding="utf-8")
