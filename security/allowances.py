"""How often something may be tried: counted in rows that name nobody.

The generic cell rate algorithm (ITU-T I.371, annex A) needs one moment per allowance: when all of it will be there
again. Counting comes before the work it limits, so that many tries at once are no more than one after another.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from encryption.blind_index import blind_index

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
        return blind_index(CONTEXT, "\x1f".join(map(str, (self.name, *whose))))


def take(limit: Limit, *whose: object) -> timedelta | None:
    """Use one of ``limit`` up; return None, or how long to wait if none is left."""
    if not settings.LIMITS:
        return None
    digest, now = limit.digest(*whose), timezone.now()
    with transaction.atomic():
        Allowance.objects.bulk_create([Allowance(digest=digest, full_at=now)], ignore_conflicts=True)
        row = Allowance.objects.select_for_update().get(digest=digest)
        full_at = max(row.full_at, now) + limit.every
        wait = full_at - now - limit.burst * limit.every
        if wait > timedelta(0):
            return wait
        Allowance.objects.filter(digest=digest).update(full_at=full_at)
    return None


def give_back(limit: Limit, *whose: object) -> None:
    """Return one that turned out not to count."""
    digest = limit.digest(*whose)
    with transaction.atomic():
        row = Allowance.objects.select_for_update().filter(digest=digest).first()
        if row is not None:
            Allowance.objects.filter(digest=digest).update(full_at=row.full_at - limit.every)
