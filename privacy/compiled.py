"""Statements that are compiled once: only ids differ from page to page.

Django takes longer to write the statement of a page of people than the database takes to answer it.
"""

from collections.abc import Callable
from typing import Any

from django.db import connections
from django.db.models import QuerySet

# Beyond every id, so that no constant of a statement is taken for a place to fill.
FIRST_MARK = -(2**62)


class Compiled:
    """A queryset as SQL with places for its arguments.

    ``make`` builds the queryset from whole numbers and texts. It must put them in as they are and be of one shape
    whatever they are; what it is given the first time stands for all.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]]) -> None:
        self.make = make
        self.known: dict[str, tuple[str, tuple[Any, ...], tuple[tuple[int, str], ...]]] = {}

    def filled(self, using: str, **given: int | str) -> tuple[str, list[Any]]:
        """Return SQL and parameters for a database. Raises ValueError when an argument is not a parameter of it."""
        if using not in self.known:
            self.known[using] = self._compile(using, given)
        sql, parameters, places = self.known[using]
        filled = list(parameters)
        for place, name in places:
            filled[place] = given[name]
        return sql, filled

    def _compile(self, using: str, given: dict[str, int | str]) -> tuple[Any, ...]:
        """Compile with marks for arguments, and find the places where the marks came out."""
        marks = {
            name: f"\x00{name}" if isinstance(value, str) else FIRST_MARK - number
            for number, (name, value) in enumerate(given.items())
        }
        sql, parameters = self.make(**marks).query.get_compiler(connection=connections[using]).as_sql()
        places = tuple(
            (place, name) for place, value in enumerate(parameters) for name, mark in marks.items() if value == mark
        )
        written = [name for name, mark in marks.items() if str(mark) in sql]
        if written or {name for _, name in places} != marks.keys():
            # One member's id in the text would answer everybody as if they were that member.
            raise ValueError(f"not a parameter of the statement: {written or set(marks)}")
        return sql, tuple(parameters), places
