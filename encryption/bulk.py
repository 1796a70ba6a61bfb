"""Many members at once: their keys in one query, their values in one pass."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from django.db import models

from .envelope import KEY_BYTES, DataKey, DecryptionError
from .keys import data_keys
from .sealed import UNAVAILABLE, report_unavailable

CHUNK = 200  # few enough for their keys to stay in the processor's cache
# Stands in for a missing key: nothing was ever sealed with it, and nobody can.
_NO_KEY = DataKey(os.urandom(KEY_BYTES), 0, 1)


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


def open_values(field: Any, pairs: Iterable[Sequence[Any]]) -> list[Any]:
    """Open one column of many members, given (subject, stored) pairs. What does not open is UNAVAILABLE."""
    return [row[0] for row in open_rows((field,), pairs)]


def open_rows(fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Open several columns of many members, given (subject, stored, stored, …) rows as ``values_list`` returns them.

    Returns a tuple of plain values per row, in the order of ``fields``, without the subject. All keys come with one
    query. What does not open is UNAVAILABLE in its place, counted and logged. Raises ValueError when a row is not as
    long as ``fields``.
    """
    return open_all(fields, list(rows), with_subject=False)


def open_all(fields: Sequence[Any], rows: Sequence[Sequence[Any]], *, with_subject: bool) -> list[tuple[Any, ...]]:
    keys = data_keys([row[0] for row in rows if row[0] is not None])
    opened: list[tuple[Any, ...]] = []
    for start in range(0, len(rows), CHUNK):
        subjects, *columns = zip(*rows[start : start + CHUNK], strict=True)
        if len(columns) != len(fields):
            raise ValueError("a row is the subject and one stored value for each field")
        plain = open_columns(fields, subjects, columns, keys, _open_or_report)
        opened += zip(subjects, *plain, strict=True) if with_subject else zip(*plain, strict=True)
    return opened if fields or with_subject else [()] * len(rows)


def open_columns(
    fields: Sequence[Any],
    subjects: Sequence[Any],
    columns: Sequence[Sequence[Any]],
    keys: Mapping[int, DataKey],
    otherwise: Callable[[Any, Any, Any], Any],
) -> list[list[Any]]:
    """Open column by column, given one stored value of every subject in each.

    One value that does not open under the newest key makes its column go the slow way, value by value through
    ``otherwise(field, subject, stored)``, and no other.
    """
    whose = [keys.get(subject, _NO_KEY) for subject in subjects]
    handles = [(key.decrypt, key.whose) for key in whose]
    opened = []
    for field, column in zip(fields, columns, strict=True):
        try:
            opened.append(_open_column(field, handles, column))
        except (InvalidTag, ValueError, TypeError, AttributeError):
            opened.append([otherwise(field, *pair) for pair in zip(subjects, column, strict=True)])
    return opened


def _open_column(field: Any, handles: list[tuple[Any, bytes]], column: Sequence[Any]) -> list[Any]:
    """Open values under the newest key of each member. Raises InvalidTag, ValueError, TypeError, AttributeError.

    One expression and no calls but those that do the work: this is where a page of members spends its time. The
    header is bound as the envelope has it, so that one naming another version or key than the newest does not open.
    """
    binding = field.binding
    texts = [
        None
        if sealed is None
        else (padded := decrypt(sealed[3:15], sealed[15:], sealed[:3] + whose + binding))[
            : padded.rindex(b"\x80")
        ].decode()
        for sealed, (decrypt, whose) in zip(column, handles, strict=True)
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
