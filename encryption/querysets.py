"""Querysets of models with sealed fields: keys come along, and many values are opened or sealed together."""

from collections.abc import Iterable, Iterator
from typing import Any, Self, TypeVar

from django.core.exceptions import EmptyResultSet, FieldError
from django.db import connections, models, transaction

from .blind_index import indexes_resting_on
from .bulk import open_all, prefetch_keys
from .opened_rows import OpenedRows, with_keys_of
from .writing import can_copy, copy_rows

BATCH = 10_000

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class SealedQuerySet(models.QuerySet[Row_co]):
    """A queryset that can bring the keys along."""

    brings_keys = False
    opens: tuple[str, ...] = ()

    def with_keys(self) -> Self:
        """Read the data keys of all rows in one query, when the rows are read."""
        bringing = self.all()
        bringing.brings_keys = True
        return bringing

    def with_opened(self, *names: str) -> Self:
        """Bring the keys, and open these fields of all rows together: for a page that shows them all."""
        opening = self.all()
        opening.opens, opening._iterable_class = names, OpenedRows  # noqa: SLF001  # the hook that Django has for it
        return opening

    def opened(self, *names: str) -> list[tuple[Any, ...]]:
        """Return (subject, plain value, plain value, …) of every row: the quickest way to read sealed columns.

        Raises FieldError when the columns belong to different subjects.
        """
        fields: list[Any] = [self.model._meta.get_field(name) for name in names]
        subjects = {field.subject for field in fields}
        if len(subjects) != 1:
            raise FieldError("columns opened together belong to one subject")
        return open_all(fields, _stored_rows(self.values_list(*subjects, *names)), with_subject=True)

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

    def bulk_create(self, objs: Iterable[Row_co], batch_size: int | None = None, **conflicts: Any) -> list[Row_co]:  # type: ignore[override]
        """Insert new rows, with one query for all keys; on PostgreSQL by COPY, where nothing has to come back."""
        rows = list(objs)
        if conflicts or not rows or not can_copy(rows, self._written()):
            prefetch_keys(rows)
            return super().bulk_create(rows, batch_size, **conflicts)
        self._prepare_for_bulk_create(rows)  # type: ignore[attr-defined]
        with transaction.atomic(using=self.db, savepoint=False):
            for start in range(0, len(rows), batch_size or BATCH):
                copy_rows(rows[start : start + (batch_size or BATCH)], self.db)
        for row in rows:
            row._state.adding, row._state.db = False, self.db  # as Django leaves them
        return rows

    def _written(self) -> str:
        self._for_write = True
        return self.db

    def iterator(self, chunk_size: int | None = None) -> Iterator[Row_co]:
        """Iterate without keeping the rows; with keys, one query to the keystore per chunk."""
        rows = super().iterator(chunk_size)
        return with_keys_of(rows, chunk_size or 2000) if self.brings_keys else rows

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone.brings_keys, clone.opens = self.brings_keys, self.opens
        return clone

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh and self.brings_keys:
            prefetch_keys(self._result_cache or ())


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
