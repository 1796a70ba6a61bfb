"""How each clause is kept: its promises, what carries them out, which tests prove it, and what is so at this moment.

Tests are not where the site runs, so what they prove is read from a file that ``check_promises --write`` renews.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.apps import apps
from django.utils.functional import Promise as LazyText
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .clauses import Clause
from .controls import KEPT as HERE, Control, controls_of
from .facts import Reading, facts_now

FILE = Path(__file__).parent / "promises.json"
NOT_YET, IN_PART, KEPT = "not-yet", "in-part", "kept"

Facts = Sequence[tuple[str | LazyText, Reading]]


@dataclass(frozen=True)
class Promise:
    """One promise: by which modules and screens of the back office it is kept, and how many tests prove it."""

    name: str
    clause: str
    words: str
    code: tuple[str, ...]
    staff: tuple[str, ...]
    tests: int

    @property
    def state(self) -> str:
        """Return how far it is kept. What is said to carry it out is said once it is kept as a whole."""
        if self.code and self.tests:
            return KEPT
        return IN_PART if self.tests else NOT_YET

    @property
    def screens(self) -> list[str]:
        """Return what staff call the screens."""
        return [capfirst(str(apps.get_model(label)._meta.verbose_name_plural)) for label in self.staff]

    @property
    def translated(self) -> str:
        return _(self.words)


@dataclass(frozen=True)
class KeptClause:
    """A clause, the pages where it is carried out, and its promises with the facts of each."""

    mark: str
    title: str
    slug: str
    controls: Sequence[Control]
    promises: Sequence[tuple[Promise, Facts]]


@cache
def promises() -> tuple[Promise, ...]:
    """Return every promise, in the order of the clauses."""
    return tuple(_read(json.loads(FILE.read_text(encoding="utf-8"))))


def _read(rows: Mapping[str, Mapping[str, object]]) -> Iterator[Promise]:
    for name, row in rows.items():
        lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
        rest = {key: value for key, value in row.items() if key not in lists}
        yield Promise(name=name, **lists, **rest)  # type: ignore[arg-type]  # a test compares the file with the truth


def kept_clauses(clauses: Iterable[Clause]) -> list[KeptClause]:
    """Return how each of the clauses is kept, that which precedes them first; and last what no clause names."""
    facts = facts_now()
    by_mark: dict[str, list[tuple[Promise, Facts]]] = {}
    for promise in promises():
        by_mark.setdefault(promise.clause, []).append((promise, facts.get(promise.name, ())))
    about_the_text = [control for control in controls_of("") if control != HERE]
    found = [KeptClause("", "", "", about_the_text, by_mark.pop("", []))]
    for clause in clauses:
        if clause.mark and clause.mark in by_mark:
            promised = by_mark.pop(clause.mark)
            found.append(KeptClause(clause.mark, clause.title, clause.slug, controls_of(clause.mark), promised))
    found += [KeptClause(mark, mark.upper(), "", controls_of(mark), promised) for mark, promised in by_mark.items()]
    return found


def states(clauses: Iterable[KeptClause]) -> dict[str, int]:
    """Return how many promises are kept, kept in part, and not yet kept."""
    every = [promise.state for clause in clauses for promise, _facts in clause.promises]
    return {"kept": every.count(KEPT), "in_part": every.count(IN_PART), "not_yet": every.count(NOT_YET)}
