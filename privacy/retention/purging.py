"""Erasing what has reached the end of its term, a batch at a time."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from privacy.holds import held_by_model

from .terms import Held, Term, terms

BATCH = 1_000


def purge(now: datetime) -> dict[str, int]:
    """Erase every value whose term is over at ``now``, as its declaration says; return how many rows of each model.

    Twice does no harm, and neither does an end in between: each batch is complete in itself.
    """
    purged: dict[str, int] = {}
    held = held_by_model(now)
    for term in terms():
        if count := purge_term(term, now, held):
            purged[term.data.model] = purged.get(term.data.model, 0) + count
    return purged


def purge_term(term: Term, now: datetime, held: Held) -> int:
    """Erase what one term takes; return how many rows.

    Along the numbers of the rows, so that each is met once, whatever erasing leaves of it.
    """
    due = term.over(now, held)
    count, rest = 0, due
    while batch := list(rest.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        _erase(due, batch, term)
        count += len(batch)
        rest = due.filter(pk__gt=batch[-1])
    return count


@transaction.atomic
def _erase(due: QuerySet[Any], batch: list[Any], term: Term) -> None:
    # Asked for once more: what was used again in the meantime is not due any more.
    found = due.model._base_manager.filter(pk__in=due.filter(pk__in=batch).values("pk"))
    term.ending.apply(found, term.field.column)
