"""Addresses that take nothing: found out when mail comes back, and left alone for a while.

One whose reader calls our news spam gets no more news until they ask for it; what is always sent still goes there.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
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
    Suppression.objects.update_or_create(digest=digest_of(address), reason=reason, defaults=values)


def reasons_against_all(addresses: Collection[str]) -> dict[str, dict[str, datetime]]:
    """Return what was ever found to speak against writing to each of ``addresses``, and since when, in one query."""
    digests = {address: digest_of(address) for address in addresses}
    against: dict[bytes, dict[str, datetime]] = defaultdict(dict)
    rows = Suppression.objects.filter(digest__in=set(digests.values())).values_list("digest", "reason", "since")
    for digest, reason, since in rows:
        against[bytes(digest)][reason] = since
    return {address: against[digest] for address, digest in digests.items()}


def that_count(reasons: Mapping[str, datetime], *, rests: timedelta = RESTS) -> dict[str, datetime]:
    """Return those ``reasons`` that count still: a bounce does as long as it ``rests``."""
    earliest = timezone.now() - rests
    return {reason: since for reason, since in reasons.items() if reason != BOUNCED or since > earliest}


def reasons_against(address: str) -> dict[str, datetime]:
    """Return what speaks against writing to ``address`` now, and since when."""
    return that_count(reasons_against_all([address])[address])


def mailbox_of(member: Any) -> dict[str, Any]:
    """Return what the mailbox of ``member`` does with our mail: since when it ``bounced`` or ``complained``."""
    return reasons_against(member.email) if isinstance(member.email, str) else {}


def lift(address: str) -> int:
    """Forget what speaks against writing to ``address``; return how much that was."""
    return Suppression.objects.filter(digest=digest_of(address)).delete()[0]


def purge(now: datetime) -> int:
    """Forget the addresses that have rested; return how many."""
    return Suppression.objects.filter(reason=BOUNCED, since__lte=now - RESTS).delete()[0]


def digest_of(address: str) -> bytes:
    """Return by what an address is known here."""
    return blind_index(CONTEXT, address)
