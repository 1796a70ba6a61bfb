"""Domains whose mail servers want to be left alone for a while: no mailbox of theirs is tried before that is over."""

from datetime import datetime, timedelta

from django.utils import timezone

from encryption.blind_index import blind_index

from . import backoff
from .models import RestingDomain

CONTEXT = "notifications_restingdomain.digest"
MOST_REFUSALS = 100
FORGOTTEN_AFTER = timedelta(days=1)


def rests_until(address: str) -> datetime | None:
    """Return until when the domain of ``address`` is left alone; None if it is not."""
    found = RestingDomain.objects.filter(digest=_digest(address), until__gt=timezone.now())
    return found.values_list("until", flat=True).first()


def refused(address: str) -> None:
    """Leave the domain of ``address`` alone, for longer each time."""
    now, digest = timezone.now(), _digest(address)
    row, _made = RestingDomain.objects.get_or_create(digest=digest, defaults={"until": now, "refusals": 0})
    refusals = min(row.refusals + 1, MOST_REFUSALS)
    RestingDomain.objects.filter(pk=row.pk).update(refusals=refusals, until=backoff.next_try(refusals, now))


def purge(now: datetime) -> int:
    """Forget the domains that nobody has tried for a day since; return how many."""
    return RestingDomain.objects.filter(until__lte=now - FORGOTTEN_AFTER).delete()[0]


def _digest(address: str) -> bytes:
    return blind_index(CONTEXT, address.rpartition("@")[2])
