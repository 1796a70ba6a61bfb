"""Retention: what has a term in the catalogue goes when the term is over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import Blank, DeleteRow, Erasure, Keep, Replace, blank_value
from catalogue.registry import personal_data

BATCH = 1_000


def purge(now: datetime) -> dict[str, int]:
    """Erase every value whose term is over at ``now``, as its declaration says; return how many rows of each model.

    Twice does no harm, and neither does an end in between: each batch is complete in itself.
    """
    purged = {}
    for data in personal_data():
        count = sum(_purge_field(apps.get_model(data.model), field, now) for field in _with_a_term(data))
        if count:
            purged[data.model] = count
    return purged


@dataclass(frozen=True)
class Due:
    """What one declared term would take: whose field, how many rows, and the moment the oldest is counted from."""

    model: str
    field: str
    rows: int
    oldest: datetime | date


def due(now: datetime) -> list[Due]:
    """Return what ``purge(now)`` would take, term by term, found by the same queries; nothing is changed.

    A row that two terms take along stands under both, though it can go only once.
    """
    found = ((data, field, _due(apps.get_model(data.model), field, now)) for data, field in _terms())
    return [
        Due(data.model, field.name, rows.order_by().values("pk").distinct().count(), oldest)
        for data, field, rows in found
        if (oldest := _oldest(rows, field)) is not None
    ]


def _oldest(rows: "QuerySet[Any]", field: PersonalField) -> datetime | date | None:
    assert field.counted_from is not None
    oldest: datetime | date | None = (
        rows.order_by(field.counted_from).values_list(field.counted_from, flat=True).first()
    )
    return oldest


def _terms() -> Iterator[tuple[PersonalData, PersonalField]]:
    return ((data, field) for data in personal_data() for field in _with_a_term(data))


def _with_a_term(data: PersonalData) -> Iterator[PersonalField]:
    """Yield the fields that end by the clock; of those that take the row along, one for each term is enough."""
    seen: set[tuple[timedelta | None, str | None]] = set()
    for field in data.fields:
        if field.keep_for is None:
            continue
        term = (field.keep_for, field.counted_from)
        takes_row = isinstance(_ending(field), DeleteRow)
        if takes_row and term in seen:
            continue
        if takes_row:
            seen.add(term)
        yield field


def _ending(field: PersonalField) -> Erasure:
    """Return what becomes of a value at the end of its term: what outlived its owner for a while goes with its row."""
    outlived = isinstance(field.erasure, Keep) and field.erasure.until is not None
    return DeleteRow() if outlived else field.erasure


def _purge_field(model: type[Model], field: PersonalField, now: datetime) -> int:
    return _erase_all(_due(model, field, now), field)


def _due(model: type[Model], field: PersonalField, now: datetime) -> "QuerySet[Any]":
    assert field.keep_for is not None
    over = model._base_manager.filter(**{f"{field.counted_from}__lte": now - field.keep_for})
    return _still_there(over, field)


def _still_there(due: "QuerySet[Any]", field: PersonalField) -> "QuerySet[Any]":
    """Leave out rows in which the value is gone already: a row that stays would be written again every hour."""
    column: Any = due.model._meta.get_field(field.column)
    erasure = _ending(field)
    if isinstance(erasure, Keep):
        return due.none()
    if isinstance(erasure, Replace) and not callable(erasure.value):
        return due.exclude(**{field.column: erasure.value})
    if not isinstance(erasure, Blank):
        return due
    if column.null or column.many_to_many:
        return due.filter(**{f"{field.column}__isnull": False}).distinct()
    return due.exclude(**{field.column: blank_value(column)})


def _erase_all(due: "QuerySet[Any]", field: PersonalField) -> int:
    """Erase along the numbers of the rows, so that each is met once, whatever erasing leaves of it."""
    count, rest = 0, due
    while batch := list(rest.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        # Asked for once more: what was used again in the meantime is not due any more.
        found = due.model._base_manager.filter(pk__in=due.filter(pk__in=batch).values("pk"))
        _ending(field).apply(found, field.column)
        count += len(batch)
        rest = due.filter(pk__gt=batch[-1])
    return count
