"""Write many rows at once: COPY on PostgreSQL, prepared inserts elsewhere."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, models


class Table:
    """The table of a model, for rows given as column → value as the database takes it."""

    def __init__(self, model: type[models.Model]) -> None:
        self.fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
        self.usual = {field.attname: self._usual(field) for field in self.fields}
        quote = connection.ops.quote_name
        self.names = ", ".join(quote(str(field.column)) for field in self.fields)
        self.table = quote(model._meta.db_table)

    def insert(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows; a column that a row leaves out gets its default."""
        if connection.vendor == "postgresql":
            self._copy(rows)
        else:
            self._insert(rows)

    @staticmethod
    def _usual(field: Any) -> Any:
        value = field.get_default()
        return None if value is None else field.get_db_prep_save(value, connection)

    def _insert(self, rows: Iterable[dict[str, Any]]) -> None:
        marks = ", ".join(["%s"] * len(self.fields))
        query = f"INSERT INTO {self.table} ({self.names}) VALUES ({marks})"  # noqa: S608  # names of columns only
        instant = lru_cache(maxsize=8_192)(connection.ops.adapt_datetimefield_value)
        with connection.cursor() as cursor:
            cursor.executemany(
                query,
                [
                    [instant(value) if isinstance(value, datetime) else value for value in (self.usual | row).values()]
                    for row in rows
                ],
            )

    def _copy(self, rows: Iterable[dict[str, Any]]) -> None:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {self.table} ({self.names}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(list((self.usual | row).values()))
