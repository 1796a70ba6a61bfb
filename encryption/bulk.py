"""Many members at once: their keys in one query, their values in one pass."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Self, TypeVar

from cryptography.exceptions import InvalidTag
from django.db import models

from .envelope import DataKey, DecryptionError
from .keys import data_keys
from .sealed import UNAVAILABLE, report_unavailable

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


def open_values(field: Any, pairs: Iterable[tuple[int, Any]]) -> list[Any]:
    """Open one column of many members, given (subject, stored) pairs. What does not open is UNAVAILABLE."""
    return [row[0] for row in open_rows((field,), pairs)]


def open_rows(fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Open several columns of many members, given (subject, stored, stored, …) rows as ``values_list`` returns them.

    Returns a tuple of plain values per row, in the order of ``fields``, without the subject. All keys come with one
    query. What does not open is UNAVAILABLE in its place, counted and logged.
    """
    rows = list(rows)
    keys = data_keys([row[0] for row in rows if row[0] is not None])
    plan = [(field, field.binding, field.load) for field in fields]
    return [_open_row(keys.get(row[0]), plan, row) for row in rows]


def _open_row(key: DataKey | None, plan: list[tuple[Any, bytes, Any]], row: Sequence[Any]) -> tuple[Any, ...]:
    opened: list[Any] = []
    for (field, binding, load), stored in zip(plan, row[1:], strict=True):
        if stored is None:
            opened.append(None)
        elif key is None or stored[:3] != key.header:
            opened.append(_open_slowly(field, row[0], stored))
        else:
            try:
                padded = key.aead.decrypt(stored[3:15], stored[15:], key.binding + binding)
                opened.append(load(padded[: padded.rindex(b"\x80")]))
            except (InvalidTag, ValueError):
                opened.append(_open_slowly(field, row[0], stored))
    return tuple(opened)


def _open_slowly(field: Any, subject: int, stored: Any) -> Any:
    """Open what the fast path could not: an older generation, or nothing that opens at all."""
    try:
        if isinstance(stored, (bytes, memoryview)):
            return field.open(subject, bytes(stored))
    except DecryptionError:
        pass
    report_unavailable(field, subject)
    return UNAVAILABLE
