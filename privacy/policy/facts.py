"""What is so at this moment of the things that carry the policy out: lines that every storey adds, for the public.

A fact is cheap to read, costs the same number of queries whatever there is, and says nothing that leads to a person:
what can be counted is told in bands.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The first number of each band, and its words. Nothing is counted beyond the last.
BANDS = ((0, _("fewer than 10")), (10, _("10 to 99")), (100, _("100 to 999")), (1_000, _("1,000 or more")))


@dataclass(frozen=True)
class Reading:
    """What a fact is now, in words. ``is_well`` is None where there is nothing to be well or not."""

    words: str | Promise
    is_well: bool | None = None


@dataclass(frozen=True)
class Fact:
    """A line beside the promise with the id ``promise``, read anew each time the page is."""

    promise: str
    label: str | Promise
    read: Callable[[], Reading]


_facts: list[Fact] = []


def register_fact(promise: str, label: str | Promise, read: Callable[[], Reading]) -> None:
    """Have a fact shown beside a promise. Saying so twice changes nothing."""
    fact = Fact(promise, label, read)
    if fact not in _facts:
        _facts.append(fact)


def registered() -> tuple[Fact, ...]:
    """Return every fact, in the order in which they were added."""
    return tuple(_facts)


def facts_now() -> dict[str, list[tuple[str | Promise, Reading]]]:
    """Return what is so now: labels and readings by the id of the promise."""
    found: dict[str, list[tuple[str | Promise, Reading]]] = defaultdict(list)
    for fact in _facts:
        found[fact.promise].append((fact.label, fact.read()))
    return dict(found)


def in_band(count: int) -> str | Promise:
    """Return the band that a number lies in, in words."""
    return [words for first, words in BANDS if count >= first][-1]


def counted(*querysets: "QuerySet[Model]") -> Reading:
    """Return in which band the number of rows lies; no more of them are looked at than that takes."""
    most = BANDS[-1][0]
    return Reading(in_band(sum(queryset.order_by()[:most].count() for queryset in querysets)))


def none_expected(queryset: "QuerySet[Model]") -> Reading:
    """Return that there is none, which is well, or that there are some."""
    there_are = queryset.exists()
    return Reading(_("some") if there_are else _("none"), is_well=not there_are)


def switch(*, on: bool) -> Reading:
    """Return whether something is on, which is well."""
    return Reading(_("on") if on else _("off"), is_well=on)
