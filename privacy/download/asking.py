"""Asking for a download, fetching it, and letting it go."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from privacy.models import Download
from security.allowances import Limit, Share, take_all

from . import parts

OFTEN = Limit("download", burst=3, every=timedelta(hours=8))
State = Download.State


def download_of(member: Any) -> Download | None:
    """Return what ``member`` asked for last, if it is still there."""
    return Download.objects.filter(member=member.pk).first()


def ask(member: Any) -> Download:
    """Have everything of ``member`` prepared; return what is under way already, if something is.

    What was ready before, or failed, makes room. Raises Throttled.
    """
    present = download_of(member)
    if present is not None and present.state in (State.QUEUED, State.PREPARING):
        return present
    take_all(Share(OFTEN, (member.pk,)))
    with transaction.atomic():
        let_go(member)
        return Download.objects.get_or_create(member=member)[0]


def fetchable(member: Any, now: datetime) -> Download | None:
    """Return the download of ``member`` that can be fetched at ``now``."""
    return Download.objects.filter(member=member.pk, state=State.READY, expires_at__gt=now).first()


def let_go(member: Any) -> bool:
    """Delete the download of ``member`` and its file; say False if there is none."""
    return _let_go(Download.objects.filter(member=member.pk))


def let_expired_go(now: datetime) -> int:
    """Delete every download whose time is over, and its file; return how many."""
    expired = list(Download.objects.filter(expires_at__lte=now).values_list("pk", flat=True))
    return sum(_let_go(Download.objects.filter(pk=number)) for number in expired)


def forget(member_id: int) -> None:
    """Delete the file of a member who is erased. Twice does no harm."""
    _let_go(Download.objects.filter(member=member_id))


def _let_go(rows: Any) -> bool:
    download = rows.first()
    if download is None:
        return False
    # The file first: whoever is killed in between finds the row again.
    parts.erase(download)
    return bool(Download.objects.filter(pk=download.pk).delete()[0])
