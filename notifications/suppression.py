"""Addresses that take nothing: found out when mail comes back, and left alone for a while.

One whose reader calls our news spam gets no more news until they ask for it; what is always sent still goes there.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from encryption.blind_index import blind_index

from .models import Suppression

CONTEXT = "notifications_suppression.digest"
# Mailboxes come back: a week later one more mail finds out, and sooner one that somebody has just asked for.
RESTS, RESTS_FROM_WHAT_IS_ASKED_FOR = timedelta(days=7), timedelta(hours=1)
BOUNCED, COMPLAINED = Suppression.Reason.BOUNCED, Suppression.Reason.COMPLAINED


def suppress(address: str, reason: Suppression.Reason, code: str = "") -> None:
    """Remember that ``address`` takes nothing now, or no news."""
    values = {"code": code, "since": timezone.now()}
    Suppression.objects.update_or_create(digest=_digest(address), reason=reason, defaults=values)


def reasons_against(address: str, *, rests: timedelta = RESTS) -> dict[str, datetime]:
    """Return what speaks against writing to ``address``, and since when. A bounce counts as long as it ``rests``."""
    rows = Suppression.objects.filter(digest=_digest(address)).values_list("reason", "since")
    earliest = timezone.now() - rests
    return {reason: since for reason, since in rows if reason != BOUNCED or since > earliest}


def mailbox_of(member: Any) -> dict[str, Any]:
    """Return what the mailbox of ``member`` does with our mail: since when it ``bounced`` or ``complained``."""
    return reasons_against(member.email) if isinstance(member.email, str) else {}


def lift(address: str) -> int:
    """Forget what speaks against writing to ``address``; return how much that was."""
    return Suppression.objects.filter(digest=_digest(address)).delete()[0]


def purge(now: datetime) -> int:
    """Forget the addresses that have rested; return how many."""
    return Suppression.objects.filter(reason=BOUNCED, since__lte=now - RESTS).delete()[0]


def _digest(address: str) -> bytes:
    return blind_index(CONTEXT, address)
