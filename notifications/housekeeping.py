"""What goes by itself: notices that were told long ago, and letters in the folders of a development site."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q, QuerySet

from . import domains, suppression
from .models import Announcement, Notification

KEPT = timedelta(days=90)
LETTERS_KEPT = timedelta(days=30)


def purge_expired(now: datetime) -> dict[str, int]:
    """Delete what has reached the end of its retention at ``now``; return how much of each. Twice does no harm."""
    return {
        "notices": _old_notices(now).delete()[0],
        "addresses that rested": suppression.purge(now),
        "domains that rested": domains.purge(now),
        "announcements": Announcement.objects.filter(ends_at__lte=now - KEPT).delete()[0],
        "letters": throw_away_letters(now),
    }


def _old_notices(now: datetime) -> QuerySet[Notification]:
    """Return what was settled long ago. Rows of a campaign go together: as long as any is there, they add up."""
    is_over = Q(campaign=None) | Q(campaign__ended_at__lte=now - KEPT)
    return Notification.objects.filter(is_over, settled_at__lte=now - KEPT)


def throw_away_letters(now: datetime) -> int:
    """Delete what lies in the folders of letters and text messages once its time is over; return how much that was."""
    return sum(_throw_away(Path(folder), now) for folder in (settings.EMAIL_FILE_PATH, settings.SMS_FOLDER) if folder)


def _throw_away(folder: Path, now: datetime) -> int:
    if not folder.is_dir():
        return 0
    before = (now - LETTERS_KEPT).timestamp()
    old = [letter for letter in folder.iterdir() if letter.is_file() and letter.stat().st_mtime <= before]
    for letter in old:
        letter.unlink(missing_ok=True)
    return len(old)
