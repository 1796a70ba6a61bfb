"""Many new rows at once on PostgreSQL: every column prepared in one pass, the rows sent by COPY."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connections, models

from .envelope import NONCE_BYTES, DataKey, pad
from .keys import data_keys

_Whose = list[DataKey | None]


def can_copy(rows: Sequence[Any], using: str) -> bool:
    """Say whether COPY can insert these rows: it brings no ids back and computes nothing."""
    meta = rows[0]._meta
    if connections[using].vendor != "postgresql" or meta.parents or any(map(_computed, meta.concrete_fields)):
        return False
    return all(row.pk is not None for row in rows)


def _computed(field: "models.Field[Any, Any]") -> bool:
    return bool(field.generated) or field.db_default is not models.NOT_PROVIDED


def copy_rows(rows: Sequence[Any], using: str) -> None:
    """Insert new instances of one model. Raises what saving them would raise."""
    connection, meta = connections[using], rows[0]._meta
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in meta.concrete_fields)
    whose: dict[str, _Whose] = {}
    columns = [_column(field, rows, connection, whose) for field in meta.concrete_fields]
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(meta.db_table)} ({names}) FROM STDIN") as copy,
    ):
        for row in zip(*columns, strict=True):
            copy.write_row(row)


def _column(field: Any, rows: Sequence[Any], connection: Any, whose: dict[str, _Whose]) -> list[Any]:
    """Return the values of one column as the database takes them."""
    if not getattr(field, "is_text", False):
        return [field.get_db_prep_save(field.pre_save(row, add=True), connection) for row in rows]
    if field.subject not in whose:
        subjects = [field.subject_on(row) for row in rows]
        keys = data_keys(subject for subject in subjects if isinstance(subject, int))
        whose[field.subject] = [keys.get(subject) for subject in subjects]
    return _sealed_column(field, rows, whose[field.subject])


def _sealed_column(field: Any, rows: Sequence[Any], whose: _Whose) -> list[bytes | None]:
    """Seal a column of texts. Each gets a nonce of its own; they are drawn together."""
    name, binding = field.attname, field.binding
    column: list[bytes | None] = []
    for row, key, nonce in zip(rows, whose, _nonces(len(rows)), strict=True):
        value = row.__dict__.get(name)
        if type(value) is str and value and key is not None:
            padded = pad(field.dump(field.to_python(value)))
            column.append(key.header + nonce + key.aead.encrypt(nonce, padded, key.binding + binding))
        else:
            # Nothing, what is sealed already, and what must not be stored: with the error it deserves.
            column.append(field.pre_save(row, add=True))
    return column


def _nonces(count: int) -> Iterator[bytes]:
    drawn = os.urandom(NONCE_BYTES * count)
    return (drawn[start : start + NONCE_BYTES] for start in range(0, len(drawn), NONCE_BYTES))
