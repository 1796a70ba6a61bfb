"""The terms of the catalogue: what each would take at a moment, found by the very queries that take it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import Blank, DeleteRow, Erasure, Keep, Replace, blank_value
from catalogue.registry import personal_data
from privacy.holds import held_by_model, spare

Held = Mapping[str, Collection[int]]


@dataclass(frozen=True)
class Term:
    """One declared period: of which field, how long, and counted from what."""

    data: PersonalData
    field: PersonalField

    @property
    def name(self) -> str:
        """Return by what it is known: ``app.Model.field``."""
        return f"{self.data.model}.{self.field.name}"

    @property
    def counted_from(self) -> str:
        return self.field.counted_from or ""

    @property
    def ending(self) -> Erasure:
        """Return what becomes of a value at its end: what outlived its owner for a while goes with its row."""
        erasure = self.field.erasure
        outlived = isinstance(erasure, Keep) and erasure.until is not None
        return DeleteRow() if outlived else erasure

    def rows(self) -> QuerySet[Any]:
        """Return every row of the model."""
        model: Any = apps.get_model(self.data.model)
        rows: QuerySet[Any] = model._base_manager.all()
        return rows

    def counted(self) -> QuerySet[Any]:
        """Return the rows in which there is a value whose term has begun."""
        return self._with_value(self.rows().filter(**{f"{self.counted_from}__isnull": False}))

    def over(self, now: datetime, held: Held) -> QuerySet[Any]:
        """Return the rows in which it is over at ``now``, those apart that the law forbids to erase."""
        assert self.field.keep_for is not None
        over = self.rows().filter(**{f"{self.counted_from}__lte": now - self.field.keep_for})
        return self._with_value(spare(over, self.data, held))

    def _with_value(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Leave out rows in which the value is gone already: a row that stays would be written again every hour."""
        column: Any = rows.model._meta.get_field(self.field.column)
        erasure = self.ending
        if isinstance(erasure, Keep):
            return rows.none()
        if isinstance(erasure, Replace) and not callable(erasure.value):
            return rows.exclude(**{self.field.column: erasure.value})
        if not isinstance(erasure, Blank):
            return rows
        if column.null or column.many_to_many:
            return rows.filter(**{f"{self.field.column}__isnull": False}).distinct()
        return rows.exclude(**{self.field.column: blank_value(column)})


def terms() -> Iterator[Term]:
    """Yield every declared term; of those that take the row along, one for each length is enough."""
    for data in personal_data():
        seen: set[tuple[object, object]] = set()
        for field in data.fields:
            if field.keep_for is None:
                continue
            term, length = Term(data, field), (field.keep_for, field.counted_from)
            takes_row = isinstance(term.ending, DeleteRow)
            if not (takes_row and length in seen):
                yield term
            if takes_row:
                seen.add(length)


@dataclass(frozen=True)
class Due:
    """What one declared term would take: whose field, how many rows, and the moment the oldest is counted from."""

    model: str
    field: str
    rows: int
    oldest: datetime | date


def due(now: datetime) -> list[Due]:
    """Return what ``purge(now)`` would take, term by term; nothing is changed.

    A row that two terms take along stands under both, though it can go only once.
    """
    held = held_by_model(now)
    found = ((term, term.over(now, held)) for term in terms())
    return [
        Due(term.data.model, term.field.name, count(rows), oldest)
        for term, rows in found
        if (oldest := oldest_of(rows, term)) is not None
    ]


def count(rows: QuerySet[Any]) -> int:
    """Return how many rows there are, each once."""
    return rows.order_by().values("pk").distinct().count()


def oldest_of(rows: QuerySet[Any], term: Term) -> datetime | date | None:
    """Return the moment from which the oldest of ``rows`` is counted; None if there is none."""
    name = term.counted_from
    oldest: datetime | date | None = rows.order_by(name).values_list(name, flat=True).first()
    return oldest
