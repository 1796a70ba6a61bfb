"""Runs of retention as rows: one at a time, taken up again by the next worker if whoever began was killed."""

from collections import Counter
from datetime import date, datetime, timedelta
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from privacy.holds import held_by_model
from privacy.models import RetentionRun

from .purging import purge_term
from .terms import terms

LEASE = timedelta(minutes=2)
KEPT = timedelta(days=400)


def ask_for_run() -> RetentionRun:
    """Return the run that is under way, or one that the next worker takes up."""
    try:
        with transaction.atomic():
            return RetentionRun.objects.create()
    except IntegrityError:
        return RetentionRun.objects.get(is_open=True)


def run(now: datetime) -> RetentionRun | None:
    """Carry out a run, the one that waits or was left if there is one; None while somebody else is at it."""
    ask_for_run()
    mine = _take(now)
    if mine is None:
        return None
    held = held_by_model(now)
    for term in terms():
        if term.name not in mine.counts:
            mine.counts[term.name] = purge_term(term, now, held)
            if not _note(mine):
                return None
    mine.ended_at, mine.is_open = timezone.now(), False
    RetentionRun.objects.filter(pk=mine.pk, lease=mine.lease).update(ended_at=mine.ended_at, is_open=False, lease=None)
    _forget_old(now)
    return mine


def _take(now: datetime) -> RetentionRun | None:
    free = Q(lease=None) | Q(lease_until__lte=now)
    lease = uuid4()
    waiting = RetentionRun.objects.filter(free, is_open=True)
    taken = waiting.update(lease=lease, lease_until=timezone.now() + LEASE)
    return RetentionRun.objects.filter(lease=lease).first() if taken else None


def _note(mine: RetentionRun) -> bool:
    """Write down how far a run has come; say False if somebody else has taken it up meanwhile."""
    still = RetentionRun.objects.filter(pk=mine.pk, lease=mine.lease)
    return bool(still.update(counts=mine.counts, lease_until=timezone.now() + LEASE))


def _forget_old(now: datetime) -> None:
    RetentionRun.objects.filter(ended_at__lte=now - KEPT).delete()


def rows_by_day(since: date) -> dict[date, int]:
    """Return how many rows went on each day from ``since`` on, days without any left out."""
    found: Counter[date] = Counter()
    for started, counts in RetentionRun.objects.filter(started_at__date__gte=since).values_list("started_at", "counts"):
        found[timezone.localdate(started)] += sum(counts.values())
    return dict(found)


def last_taken() -> dict[str, tuple[datetime, int]]:
    """Return when each term took something last, and how many rows then, by the name of the term."""
    taken: dict[str, tuple[datetime, int]] = {}
    for run in RetentionRun.objects.filter(is_open=False).order_by("started_at"):
        taken |= {name: (run.started_at, rows) for name, rows in run.counts.items() if rows}
    return taken
