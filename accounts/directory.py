"""The directory and people search: who is found, by what, in an order that tells nothing.

People come by handle, which is always public, so that neither order nor page ends depend on a hidden value.
Text is looked for in names that are open; other fields are found by their exact value through a blind index,
and each under the rule of who sees that very field.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from encryption.blind_index import blind_index
from privacy.visibility import Reaches, Ties, Viewer, unblocked, visible_profiles

from .models import Profile

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
    found = Profile.objects.filter(listed=True, member__is_active=True, member__email_verified_at__isnull=False)
    return found.filter(Q(display_name__isnull=False), Reaches("display_name", ties), unblocked(viewer))


def search(viewer: Viewer, text: str = "", after: str = "", fields: tuple[str, ...] = SHOWN) -> Page:
    """Return a page of the directory, or of the people that ``text`` finds, from the handle ``after`` on."""
    ties = viewer.ties()
    found = _listed(viewer, ties)
    if text:
        found = found.filter(_matches(text, ties))
    if after:
        found = found.filter(member__handle__gt=after)
    rows = list(found.order_by("member__handle").values_list("pk", "member__handle")[: PAGE + 1])
    here = rows[:PAGE]
    seen = visible_profiles([pk for pk, _ in here], viewer, fields)
    people = [Person(pk, handle, seen.get(pk, {})) for pk, handle in here]
    return Page(people, here[-1][1] if len(rows) > PAGE else None)


def _matches(text: str, ties: Ties) -> Q:
    """Return what ``text`` may be found in: handle and open name anywhere, sealed fields as a whole."""
    matched = Q(member__handle__startswith=text.lower().removeprefix("@"))
    matched |= Q(public_name__icontains=text)
    for name in EXACT:
        matched |= Q(Reaches(name, ties), **{f"{name}_index": blind_index(_context(name), text)})
    return matched


def _context(name: str) -> str:
    index: Any = Profile._meta.get_field(f"{name}_index")
    return str(index.context)
