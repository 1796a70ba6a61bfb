"""People to meet on the first page."""

from operator import itemgetter
from typing import Any

from privacy.visibility import Viewer, visible_profiles

from .directory import SHOWN, Person, listed_for

SHOWN_AT_MOST = 6


def newest_neighbours(member: Any) -> list[Person]:
    """Return the listed people who joined last, as far as ``member`` may see them, without themself."""
    viewer = Viewer.of(member)
    newest = listed_for(viewer).exclude(pk=member.pk).order_by("-member__joined_at", "pk")
    rows = list(newest.values_list("pk", "member__handle")[:SHOWN_AT_MOST])
    seen = visible_profiles([pk for pk, _ in rows], viewer, SHOWN)
    # By handle: the order would tell who joined before whom.
    return [Person(pk, handle, seen.get(pk, {})) for pk, handle in sorted(rows, key=itemgetter(1))]
