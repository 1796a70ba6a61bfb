"""Domains whose mail servers want to be left alone for a while: no mailbox of theirs is tried before that is over."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

from encryption.blind_index import blind_index

from . import backoff
from .models import RestingDomain

CONTEXT = "notifications_restingdomain.digest"
MOST_REFUSALS = 100
FORGOTTEN_AFTER = timedelta(days=1)


def resting(addresses: Collection[str]) -> dict[str, datetime]:
    """Return until when the domains of ``addresses`` are, or were, left alone, for those that refused lately."""
    digests = {address: _digest(address) for address in addresses}
    rows = RestingDomain.objects.filter(digest__in=set(digests.values()))
    until = {bytes(digest): moment for digest, moment in rows.values_list("digest", "until")}
    return {address: until[digest] for address, digest in digests.items() if digest in until}


def refused(address: str) -> None:
    """Leave the domain of ``address`` alone, for longer each time."""
    now, digest = timezone.now(), _digest(address)
    row, _made = RestingDomain.objects.get_or_create(digest=digest, defaults={"until": now, "refusals": 0})
    refusals = min(row.refusals + 1, MOST_REFUSALS)
    RestingDomain.objects.filter(pk=row.pk).update(refusals=refusals, until=backoff.next_try(refusals, now))


def took(address: str) -> None:
    """Forget what the domain of ``address`` refused: it takes mail again."""
    RestingDomain.objects.filter(digest=_digest(address)).delete()


def purge(now: datetime) -> int:
    """Forget the domains that nobody has tried for a day since; return how many."""
    return RestingDomain.objects.filter(until__lte=now - FORGOTTEN_AFTER).delete()[0]


def _digest(address: str) -> bytes:
    return blind_index(CONTEXT, address.rpartition("@")[2])
