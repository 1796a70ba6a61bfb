"""The directory and people search: who is found, by what, in an order that tells nothing.

People come by handle, which is always public, so that neither order nor page ends depend on a hidden value.
Text is looked for in names that are open; other fields are found by their exact value through a blind index,
and each under the rule of who sees that very field. A narrow value has an index of its own with each owner, which is
computed for everybody near the viewer; the index only finds, the rule decides.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value

from encryption.blind_index import OneOf, normalise
from privacy.compiled import Compiled
from privacy.statement import Statement
from privacy.visibility import Reaches, Ties, Viewer, unblocked, visible_page

from .models import Member, Profile, exists_for_others

PAGE = 50
EXACT = ("city", "employer", "school")
SHOWN = ("display_name", "picture", "pronouns", "city", "bio")


@dataclass(frozen=True)
class Person:
    """Somebody in a list: their handle, and what the viewer may see of them."""

    member_id: int
    handle: str
    seen: dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One page of people; ``after`` starts the next one, if there is one."""

    people: list[Person]
    after: str | None


def listed_for(viewer: Viewer) -> "QuerySet[Profile]":
    """Return the profiles that ``viewer`` finds in the directory: listed, named to them, no block between."""
    return _listed(viewer, viewer.ties())


def _listed(viewer: Viewer, ties: Ties) -> "QuerySet[Profile]":
    found = Profile.objects.filter(exists_for_others("member__"), listed=True)
    return found.filter(Q(display_name__isnull=False), Reaches("display_name", ties), unblocked(viewer))


def search(viewer: Viewer, text: str = "", after: str = "", fields: tuple[str, ...] = SHOWN) -> Page:
    """Return a page of the directory, or of the people that ``text`` finds, from the handle ``after`` on."""
    using = Profile.objects.db
    page = _found(viewer, text, after, using) if text else _everybody(viewer, after, using)
    people = [Person(*row) for row in visible_page(page, viewer, fields, using=using)]
    here = people[:PAGE]
    return Page(here, here[-1].handle if len(people) > PAGE else None)


def _found(viewer: Viewer, text: str, after: str, using: str) -> Statement:
    ties = viewer.ties()
    found = (
        _listed(viewer, ties).filter(_matches(text, viewer, ties), member__handle__gt=after).order_by("member__handle")
    )
    sql, params = found.values_list("pk", "member__handle")[: PAGE + 1].query.get_compiler(using).as_sql()
    return Statement(sql, list(params))


def _everybody(viewer: Viewer, after: str, using: str) -> Statement:
    if viewer.member_id is None:
        return Statement(*_FOR_VISITORS.filled(using, after=after))
    return Statement(*_FOR_MEMBERS.filled(using, after=after, viewer=viewer.member_id))


def _by_handle(viewer: Viewer, after: str) -> "QuerySet[Any, Any]":
    """Return ids and handles of a page of the directory and one more, walking along the handles.

    Asked for each member as a value and not by EXISTS or a join: those let PostgreSQL, which expects few to be listed,
    read and sort everybody first.
    """
    listed = Subquery(listed_for(viewer).filter(pk=OuterRef("pk")).values_list(Value(True)))
    found: QuerySet[Member] = Member.objects.filter(listed, handle__gt=after).order_by("handle")
    return found.values_list("pk", "handle")[: PAGE + 1]


_FOR_VISITORS = Compiled(lambda after: _by_handle(Viewer(), after))
_FOR_MEMBERS = Compiled(lambda after, viewer: _by_handle(Viewer(viewer), after))


def _matches(text: str, viewer: Viewer, ties: Ties) -> Q:
    """Return what ``text`` may be found in: handle and open name anywhere, sealed fields as a whole."""
    matched = Q(member__handle__startswith=text.lower().removeprefix("@"))
    matched |= Q(name_for_search__contains=normalise(text))
    for name, owners in viewer.owners_near(EXACT).items():
        index: Any = Profile._meta.get_field(f"{name}_index")
        matched |= Q(Reaches(name, ties), OneOf(index.name, index.digests(text, owners)))
    return matched
