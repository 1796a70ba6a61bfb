"""Who sees what: one rule, compiled to SQL, for a page of people and for a single person alike.

The rule for a value ``f`` of an owner ``o`` and a viewer ``v``:

* ``o`` is ``v``, or
* ``v`` is not excepted from ``f``, and the audience of ``f`` is *everyone*; or *members* and ``v`` is signed in;
  or *friends* and they are friends; or *chosen circles* and ``v`` is in one that ``o`` chose for ``f``.

Between ``v`` and ``o`` no block stands, in either direction, and ``o`` is active: that is asked of the people
before their values (``visible_to``). A hidden value is never read from the database.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, F, Q, QuerySet, When

from catalogue.vocabulary import Audience
from encryption.fields import open_rows

from .fields import bearers, profile_fields, profile_model
from .models import FieldCircle, FieldException
from .relationships import relationships

type_ids = "Collection[int] | QuerySet[Any, Any]"


@dataclass(frozen=True)
class Viewer:
    """Whoever looks: a visitor, a member, or (only for an owner looking at their own profile) a stand-in."""

    member_id: int | None = None

    @classmethod
    def of(cls, user: Any) -> "Viewer":
        return cls(None if isinstance(user, AnonymousUser) else user.pk)

    def ties(self) -> "Ties":
        """Return what ties this viewer to anybody, as subqueries."""
        if self.member_id is None:
            return Ties()
        me = self.member_id
        return Ties(
            signed_in=True,
            own=(me,),
            friends=relationships.friend_ids(me),
            circles={name: _owners(FieldCircle, name, circle__memberships__person=me) for name in bearers()},
            exceptions={name: _owners(FieldException, name, person=me) for name in bearers()},
        )

    def ties_among(self, owners: Collection[int]) -> "Ties":
        """Return what ties this viewer to ``owners``, as ids, in three queries whatever their number."""
        if self.member_id is None:
            return Ties()
        me = self.member_id
        return Ties(
            signed_in=True,
            own=(me,),
            friends=set(relationships.friend_ids(me, among=owners)),
            circles=_owners_by_field(FieldCircle, owners, circle__memberships__person=me),
            exceptions=_owners_by_field(FieldException, owners, person=me),
        )


@dataclass(frozen=True)
class Ties:
    """What a viewer brings to the rule: ids of owners, as plain ids or as a subquery."""

    signed_in: bool = False
    own: type_ids = ()  # type: ignore[valid-type]
    friends: type_ids = ()  # type: ignore[valid-type]
    circles: dict[str, Any] = field(default_factory=dict)
    exceptions: dict[str, Any] = field(default_factory=dict)

    def ties_among(self, owners: Collection[int]) -> "Ties":
        """Return these very ties: a stand-in's are ids already."""
        return self


def _owners(model: Any, name: str, **tie: Any) -> "QuerySet[Any, Any]":
    return model.objects.filter(field=name, **tie).values("owner_id")


def _owners_by_field(model: Any, owners: Collection[int], **tie: Any) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for name, owner in model.objects.filter(owner__in=owners, **tie).values_list("field", "owner_id"):
        found[name].add(owner)
    return found


def reaches(name: str, ties: Ties) -> Q:
    """Return the rule for the field ``name`` as a condition on rows of the profile model."""
    audience = bearers()[name].audience
    reached = Q(**{f"{audience}__lte": Audience.MEMBERS if ties.signed_in else Audience.EVERYONE})
    if _some(ties.friends):
        reached |= Q(**{audience: Audience.FRIENDS}, member_id__in=ties.friends)
    if _some(ties.circles.get(name, ())):
        reached |= Q(**{audience: Audience.CIRCLES}, member_id__in=ties.circles[name])
    if _some(ties.exceptions.get(name, ())):
        reached &= ~Q(member_id__in=ties.exceptions[name])
    if _some(ties.own):
        reached |= Q(member_id__in=ties.own)
    return reached


def _some(ids: Any) -> bool:
    return isinstance(ids, QuerySet) or bool(ids)


def unblocked(viewer: Viewer, path: str = "pk") -> Q:
    """Return the condition that no block stands between the viewer and the member at ``path``."""
    if viewer.member_id is None:
        return Q()
    return ~Q(**{f"{path}__in": relationships.blocked_ids(viewer.member_id)})


def visible_profiles(
    member_ids: Sequence[int], viewer: Viewer | Ties, fields: Iterable[str] | None = None
) -> dict[int, dict[str, Any]]:
    """Return what ``viewer`` may see of each member: id → field → value, hidden and empty values left out.

    Costs a constant number of queries. Whether the viewer may know of the members at all is asked before.
    """
    if not member_ids:
        return {}
    names = list(fields) if fields is not None else profile_fields()
    rows = _rows(list(member_ids), names, viewer.ties_among(member_ids))
    columns = [bearers()[name].column for name in names]
    opened = open_rows(columns, rows)
    return {row[0]: _shown(names, values) for row, values in zip(rows, opened, strict=True)}


def _rows(member_ids: list[int], names: list[str], ties: Ties) -> list[tuple[Any, ...]]:
    values = {
        f"seen_{name}": Case(When(reaches(name, ties), then=F(bearers()[name].source))) for name in names
    }
    found = profile_model()._default_manager.filter(pk__in=member_ids)
    return list(found.annotate(**values).values_list("pk", *values))


def _shown(names: list[str], values: Sequence[Any]) -> dict[str, Any]:
    seen = {name: value for name, value in zip(names, values, strict=True) if value not in (None, "", [])}
    if "birthday" in seen:
        seen["birthday"] = Birthday.of(seen["birthday"])
    return seen


@dataclass(frozen=True)
class Birthday:
    """Day and month, without the year."""

    month: int
    day: int

    @classmethod
    def of(cls, born: Any) -> Any:
        """Return the birthday of a birth date; what could not be opened stays as it is."""
        return cls(born.month, born.day) if hasattr(born, "month") else born
