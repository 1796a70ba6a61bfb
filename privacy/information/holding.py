"""What is held about one member, read from the catalogue alone: what is declared shows by itself.

Of others a row says no more than their handle, and that only while they exist for the reader. Rows that a member may
not know of, such as who blocks them, are not among theirs (``PersonalData.readers``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, ForeignKey, IntegerField, Model, Q, QuerySet

from catalogue.declarations import PersonalData, PersonalField
from catalogue.paths import leading_to
from catalogue.registry import personal_data
from catalogue.vocabulary import Purpose
from encryption.querysets import SealedQuerySet
from privacy.relationships import relationships

CHUNK = 500


@dataclass(frozen=True)
class Person:
    """Another member that a row names: by handle, or not at all once they do not exist for the reader."""

    handle: str | None


@dataclass(frozen=True)
class Value:
    """What one field of one row holds: UNAVAILABLE if it does not open, None for nothing and for what is withheld."""

    field: PersonalField
    value: Any
    ends_at: datetime | None


@dataclass(frozen=True)
class Row:
    """One row about a member. ``row`` is the object itself, for captions."""

    data: PersonalData
    row: Any
    values: tuple[Value, ...]

    @property
    def number(self) -> Any:
        """Return its primary key."""
        return self.row.pk


def declared() -> tuple[PersonalData, ...]:
    """Return every declaration of something that members may know of."""
    return tuple(data for data in personal_data() if data.readers and data.fields)


def model_of(data: PersonalData) -> type[Model]:
    return apps.get_model(data.model)


def is_single(data: PersonalData) -> bool:
    """Say whether there is one row at most for each member."""
    [path, *others] = data.readers
    if others or "__" in path:
        return False
    return path == "self" or bool(model_of(data)._meta.get_field(path).one_to_one)


def rows_about(data: PersonalData, member: Any) -> QuerySet[Any]:
    """Return the rows of one model that ``member`` may know of."""
    rows: QuerySet[Any] = _of(model_of(data)).filter(leading_to(member.pk, data.readers))
    return rows.select_related(*_relations(data))


def newest(data: PersonalData, member: Any, most: int, after: str = "") -> list[Row]:
    """Return up to ``most`` rows, the newest first; those after the row of that number, if it is one of theirs."""
    moment = moment_of(data)
    order = [f"-{moment}", "-pk"] if moment else ["-pk"]
    rows = rows_about(data, member)
    last = _row_of(rows, after)
    if last is not None:
        rows = rows.filter(_behind(last, moment))
    return _read(data, list(rows.order_by(*order)[:most]), member)


def everything(member: Any) -> Iterator[Row]:
    """Yield every row about ``member``, model by model, in chunks: memory does not grow with their number."""
    for data in declared():
        yield from every_row(data, member)


def every_row(data: PersonalData, member: Any) -> Iterator[Row]:
    """Yield every row of one model about ``member``, in the order of their numbers."""
    rows, last = rows_about(data, member).order_by("pk"), None
    while chunk := list((rows if last is None else rows.filter(pk__gt=last))[:CHUNK]):
        yield from _read(data, chunk, member)
        last = chunk[-1].pk


def moment_of(data: PersonalData) -> str | None:
    """Return the declared column by which rows are newer or older than others, if there is one."""
    columns = [model_of(data)._meta.get_field(each.column) for each in data.fields]
    return next((each.name for each in columns if isinstance(each, DateTimeField) and not each.null), None)


def can_be_paged(data: PersonalData) -> bool:
    """Say whether the number of a row may stand in an address: it does not where it is a digest of a secret."""
    return isinstance(model_of(data)._meta.pk, IntegerField)


def _of(model: type[Model]) -> QuerySet[Any]:
    if any(getattr(field, "sealed", False) for field in model._meta.concrete_fields):
        return SealedQuerySet(model=model).with_keys()
    return model._base_manager.all()


def _relations(data: PersonalData) -> set[str]:
    """Return the relations that are read along: what a term counts from, and what is named, people apart."""
    counted = {each.counted_from.rpartition("__")[0] for each in data.fields if each.counted_from}
    return {name for name in (*counted, *(field.name for field in _named(data))) if name}


def _named(data: PersonalData) -> list[Any]:
    columns = [model_of(data)._meta.get_field(each.column) for each in data.fields]
    return [each for each in columns if isinstance(each, ForeignKey) and each.related_model is not get_user_model()]


def _row_of(rows: QuerySet[Any], number: str) -> Any:
    try:
        return rows.filter(pk=number).first() if number else None
    except (ValueError, OverflowError, ValidationError):
        return None


def _behind(last: Any, moment: str | None) -> Q:
    if moment is None:
        return Q(pk__lt=last.pk)
    at = getattr(last, moment)
    return Q(**{f"{moment}__lt": at}) | Q(**{moment: at}, pk__lt=last.pk)


# --- values -------------------------------------------------------------------------------------------------------
def _read(data: PersonalData, rows: Sequence[Any], member: Any) -> list[Row]:
    handles = _handles(data, rows, member)
    return [Row(data, row, tuple(_value(each, row, handles) for each in data.fields)) for row in rows]


def _value(field: PersonalField, row: Any, handles: dict[int, str]) -> Value:
    return Value(field, None if field.withheld else _plain(field, row, handles), _end_of(field, row))


def _plain(field: PersonalField, row: Any, handles: dict[int, str]) -> Any:
    column = row._meta.get_field(field.column)
    if isinstance(column, ForeignKey):
        number = getattr(row, column.attname)
        if column.related_model is get_user_model():
            return None if number is None else Person(handles.get(number))
        related = getattr(row, column.name)
        return getattr(related, "name", None) or (str(related) if related else None)
    value = getattr(row, field.column)
    return getattr(row, f"get_{field.column}_display")() if column.choices and value is not None else value


def _end_of(field: PersonalField, row: Any) -> datetime | None:
    if field.keep_for is None or not field.counted_from:
        return None
    begun = attrgetter(field.counted_from.replace("__", "."))(row)
    return begun + field.keep_for if begun is not None else None


def _handles(data: PersonalData, rows: Sequence[Any], member: Any) -> dict[int, str]:
    """Return the handles of the people in ``rows`` who exist for ``member``, by number: one query for all."""
    people = [name for name in map(_attname_of_person, _columns(data)) if name]
    numbers = {getattr(row, name) for row in rows for name in people} - {None}
    if not numbers:
        return {}
    members: Any = get_user_model()._default_manager
    there = members.active().filter(pk__in=numbers)
    # Whoever one has blocked oneself stands there by name, as on the page of blocks.
    if all(each.purpose != Purpose.SAFETY for each in data.fields):
        there = there.exclude(pk__in=relationships.blocked_ids(member.pk))
    found = there.values_list("pk", get_user_model().USERNAME_FIELD)
    return dict(found) | {member.pk: member.get_username()}


def _columns(data: PersonalData) -> list[Any]:
    return [model_of(data)._meta.get_field(each.column) for each in data.fields]


def _attname_of_person(column: Any) -> str | None:
    is_person = isinstance(column, ForeignKey) and column.related_model is get_user_model()
    return column.attname if is_person else None
