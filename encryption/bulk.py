"""Many members at once: their keys in one query, their values in one pass."""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Self, TypeVar

from cryptography.exceptions import InvalidTag
from django.core.exceptions import EmptyResultSet, FieldError
from django.db import connections, models

from .blind_index import indexes_resting_on
from .envelope import KEY_BYTES, DataKey, DecryptionError
from .keys import data_keys
from .sealed import UNAVAILABLE, report_unavailable

CHUNK = 1_000
# Stands in for a missing key: nothing was ever sealed with it, and nobody can.
_NO_KEY = DataKey(os.urandom(KEY_BYTES), 0, 1)
_NO_KEY.header = b""

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


def prefetch_keys(rows: Iterable[models.Model | int]) -> None:
    """Read the data keys of instances (or ids) into memory with one query, before their values are opened."""
    data_keys(_subjects(rows))


def _subjects(rows: Iterable[models.Model | int]) -> set[int]:
    subjects: set[int] = set()
    names: dict[type, tuple[str, ...]] = {}
    for row in rows:
        if isinstance(row, int):
            subjects.add(row)
        elif isinstance(row, models.Model):
            kind = type(row)
            if kind not in names:
                names[kind] = subject_names(kind)
            subjects.update(getattr(row, name) for name in names[kind])
    subjects.discard(None)
    return subjects


def subject_names(model: type[models.Model]) -> tuple[str, ...]:
    """Return the attributes of a model that say whose keys seal its fields."""
    return tuple({field.subject for field in sealed_fields(model)})


def sealed_fields(model: type[models.Model]) -> list[Any]:
    """Return the sealed fields of a model, those of its parents included."""
    return [field for field in model._meta.concrete_fields if hasattr(field, "open_for")]


class SealedQuerySet(models.QuerySet[Row_co]):
    """A queryset that can bring the keys along."""

    brings_keys = False

    def with_keys(self) -> Self:
        """Read the data keys of all rows in one query, when the rows are read."""
        bringing = self.all()
        bringing.brings_keys = True
        return bringing

    def opened(self, *names: str) -> list[tuple[Any, ...]]:
        """Return (subject, plain value, plain value, …) of every row: the quickest way to read sealed columns.

        Raises FieldError when the columns belong to different subjects.
        """
        fields: list[Any] = [self.model._meta.get_field(name) for name in names]
        subjects = {field.subject for field in fields}
        if len(subjects) != 1:
            raise FieldError("columns opened together belong to one subject")
        rows = _stored_rows(self.values_list(*subjects, *names))
        return [(row[0], *values) for row, values in zip(rows, open_rows(fields, rows), strict=True)]

    def update(self, **values: Any) -> int:
        """Update rows; where a value changes, its blind index is emptied, for it cannot be computed here.

        Raises FieldError for a column that decides over an index: that is saved row by row.
        """
        for index in indexes_resting_on(self.model, values.keys()):
            if index.name not in values:
                if index.level in values:
                    raise FieldError(f"{index.name} rests on {index.level}: set it on each instance and save that")
                values[index.name] = None
        return super().update(**values)

    def iterator(self, chunk_size: int | None = None) -> Iterator[Row_co]:
        """Iterate without keeping the rows; with keys, one query to the keystore per chunk."""
        rows = super().iterator(chunk_size)
        return _in_chunks(rows, chunk_size or 2000) if self.brings_keys else rows

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone.brings_keys = self.brings_keys
        return clone

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh and self.brings_keys:
            prefetch_keys(self._result_cache or ())


def _in_chunks(rows: Iterator[Row_co], size: int) -> Iterator[Row_co]:
    while chunk := list(islice(rows, size)):
        prefetch_keys(chunk)
        yield from chunk


def open_values(field: Any, pairs: Iterable[Sequence[Any]]) -> list[Any]:
    """Open one column of many members, given (subject, stored) pairs. What does not open is UNAVAILABLE."""
    return [row[0] for row in open_rows((field,), pairs)]


def open_rows(fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Open several columns of many members, given (subject, stored, stored, …) rows as ``values_list`` returns them.

    Returns a tuple of plain values per row, in the order of ``fields``, without the subject. All keys come with one
    query. What does not open is UNAVAILABLE in its place, counted and logged. Raises ValueError when a row is not as
    long as ``fields``.
    """
    rows = list(rows)
    keys = data_keys([row[0] for row in rows if row[0] is not None])
    opened: list[tuple[Any, ...]] = []
    for start in range(0, len(rows), CHUNK):
        opened += _open_chunk(fields, keys, rows[start : start + CHUNK])
    return opened


def _stored_rows(rows: models.QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """Read the rows of a ``values_list`` without wrapping every value only to unwrap it again."""
    try:
        query, parameters = rows.query.get_compiler(rows.db).as_sql()
    except EmptyResultSet:
        return []
    with connections[rows.db].cursor() as cursor:
        cursor.execute(query, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _open_chunk(
    fields: Sequence[Any], keys: dict[int, DataKey], rows: Sequence[Sequence[Any]]
) -> Iterator[tuple[Any, ...]]:
    """Open column by column; one value that does not open makes a column of this chunk go the slow way, no more."""
    subjects, *columns = zip(*rows, strict=True)
    if len(columns) != len(fields):
        raise ValueError("a row is the subject and one stored value for each field")
    whose = [keys.get(subject, _NO_KEY) for subject in subjects]
    handles = [(key.decrypt, key.header, key.binding) for key in whose]
    opened = []
    for field, column in zip(fields, columns, strict=True):
        try:
            opened.append(_open_column(field, handles, column))
        except (InvalidTag, ValueError, TypeError, AttributeError):
            opened.append([_open_or_report(field, *pair) for pair in zip(subjects, column, strict=True)])
    return zip(*opened, strict=True) if opened else iter([()] * len(rows))


def _open_column(field: Any, handles: list[tuple[Any, bytes, bytes]], column: Sequence[Any]) -> list[Any]:
    """Open values under the newest key of each member. Raises InvalidTag, ValueError, TypeError, AttributeError.

    One expression and no calls but those that do the work: this is where a page of members spends its time.
    """
    binding = field.binding
    texts = [
        None
        if sealed is None
        # An envelope that names another key is given a binding that fits nothing.
        else (padded := decrypt(sealed[3:15], sealed[15:], (who if sealed[:3] == header else b"") + binding))[
            : padded.rindex(b"\x80")
        ].decode()
        for sealed, (decrypt, header, who) in zip(column, handles, strict=True)
    ]
    return texts if field.is_text else [None if text is None else field.load(text) for text in texts]


def _open_or_report(field: Any, subject: int, stored: Any) -> Any:
    if stored is None:
        return None
    try:
        if isinstance(stored, (bytes, memoryview)):
            return field.open(subject, bytes(stored))
    except DecryptionError:
        pass
    report_unavailable(field, subject)
    return UNAVAILABLE
