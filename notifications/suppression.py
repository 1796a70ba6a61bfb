"""Addresses that take nothing: found out when mail comes back, and left alone for a while."""

from datetime import datetime, timedelta

from django.utils import timezone

from encryption.blind_index import blind_index

from .models import Suppression

CONTEXT = "notifications_suppression.digest"
# Mailboxes come back: a week later one more mail finds out, and sooner one that somebody has just asked for.
RESTS, RESTS_FROM_WHAT_IS_ASKED_FOR = timedelta(days=7), timedelta(hours=1)


def suppress(address: str, reason: Suppression.Reason, code: str = "") -> None:
    """Remember that ``address`` takes nothing now."""
    values = {"reason": reason, "code": code, "since": timezone.now()}
    Suppression.objects.update_or_create(digest=blind_index(CONTEXT, address), defaults=values)


def is_suppressed(address: str, *, rests: timedelta = RESTS) -> bool:
    """Say whether ``address`` has been found to take nothing, not longer ago than it ``rests``."""
    since = timezone.now() - rests
    return Suppression.objects.filter(digest=blind_index(CONTEXT, address), since__gt=since).exists()


def purge(now: datetime) -> int:
    """Forget the addresses that have rested; return how many."""
    return Suppression.objects.filter(since__lte=now - RESTS).delete()[0]
