"""How often something may be tried: counted in rows that name nobody.

The generic cell rate algorithm (ITU-T I.371, annex A) needs one moment per allowance: when all of it will be there
again. Counting comes before the work it limits, so that many tries at once are no more than one after another. None
of it is to be called inside a transaction that may be rolled back: what was tried has been tried.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from encryption.blind_index import blind_index, normalise

from .models import Allowance

CONTEXT = "security_allowance.digest"


@dataclass(frozen=True)
class Limit:
    """``burst`` at once, then one more ``every`` so often."""

    name: str
    burst: int
    every: timedelta

    def digest(self, *whose: object) -> bytes:
        """Return the keyed digest under which the use of this limit by ``whose`` is counted."""
        # Each part by itself, as the blind index takes an address: who types it otherwise is counted with the others.
        return blind_index(CONTEXT, json.dumps([self.name, *(normalise(str(each)) for each in whose)]))


@dataclass(frozen=True)
class Share:
    """A limit, and on whose account its use is counted."""

    limit: Limit
    # May be an address as it was typed, which no trace of an exception is to show.
    whose: tuple[object, ...] = field(repr=False)


class Throttled(Exception):
    """There is nothing left of ``share`` for ``wait``."""

    def __init__(self, share: Share, wait: timedelta) -> None:
        super().__init__()
        self.share, self.wait = share, wait


def take(limit: Limit, *whose: object) -> timedelta | None:
    """Use one of ``limit`` up; return None, or how long to wait if none is left."""
    if not settings.LIMITS:
        return None
    digest, now = limit.digest(*whose), timezone.now()
    with transaction.atomic():
        full_at = max(_locked(digest, now).full_at, now) + limit.every
        wait = full_at - now - limit.burst * limit.every
        if wait > timedelta(0):
            return wait
        Allowance.objects.filter(digest=digest).update(full_at=full_at)
    return None


def take_all(*shares: Share) -> None:
    """Use one of each up, in this order; raise ``Throttled`` at the first of which nothing is left."""
    for share in shares:
        wait = take(share.limit, *share.whose)
        if wait is not None:
            raise Throttled(share, wait)


def left(limit: Limit, *whose: object) -> int:
    """Return how many are left of ``limit`` now."""
    row = Allowance.objects.filter(digest=limit.digest(*whose)).first()
    used = row.full_at - timezone.now() if row else timedelta(0)
    return limit.burst if used <= timedelta(0) else (limit.burst * limit.every - used) // limit.every


def give_back(limit: Limit, *whose: object) -> None:
    """Return one that turned out not to count."""
    digest = limit.digest(*whose)
    with transaction.atomic():
        row = Allowance.objects.select_for_update().filter(digest=digest).first()
        if row is not None:
            Allowance.objects.filter(digest=digest).update(full_at=row.full_at - limit.every)


def give_all_back(*shares: Share) -> None:
    """Return one of each."""
    for share in shares:
        give_back(share.limit, *share.whose)


def _locked(digest: bytes, now: datetime) -> Allowance:
    """Return the row, locked; make it if there is none. Housekeeping may take an unused one away in between."""
    row = None
    while row is None:
        Allowance.objects.bulk_create([Allowance(digest=digest, full_at=now)], ignore_conflicts=True)
        row = Allowance.objects.select_for_update().filter(digest=digest).first()
    found: Allowance = row
    return found
