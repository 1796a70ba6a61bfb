"""Who sees what: one rule, for a page of people and for a single person alike.

``privacy.rule`` says which values reach a viewer. Between the viewer and the owner no block stands, in either
direction, and the owner is active: that is asked of the people before their values. A hidden value is never read from
the database.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import connections
from django.db.models import BooleanField, Expression, Q, QuerySet
from django.db.models.expressions import Col

from encryption.fields import open_rows

from .fields import bearers, profile_fields, profile_model
from .models import FieldCircle, FieldException
from .relationships import relationships
from .rule import Terms, rule
from .statement import Statement, people, seen_by_member, seen_by_visitor, seen_with

Owners = Collection[int] | QuerySet[Any, Any]


class OwnersByField(Protocol):
    """Something that knows the owners for each field."""

    def of(self, name: str) -> Owners:
        """Return the owners whose field ``name`` has the tie."""


class TiedOwners(dict[str, set[int]]):
    """Field → ids of owners."""

    def of(self, name: str) -> Owners:
        return self.get(name, ())


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
            circles=_Subqueries(FieldCircle, circle__memberships__person=me),
            exceptions=_Subqueries(FieldException, person=me),
        )

    def owners_near(self, names: Collection[str]) -> dict[str, set[int]]:
        """Return, for each field, everybody of whom this viewer may see what not all members see: themself, their
        friends, and who shows it to a circle that they are in. Two queries, whatever anybody hides."""
        if self.member_id is None:
            return {name: set() for name in names}
        me = self.member_id
        close = {me, *relationships.friend_ids(me)}
        circles = FieldCircle.objects.filter(field__in=names, circle__memberships__person=me)
        near = {name: set(close) for name in names}
        for name, owner in circles.values_list("field", "owner_id"):
            near[name].add(owner)
        return near


@dataclass(frozen=True)
class Ties:
    """What a viewer brings to the rule: ids of owners, as plain ids or as a subquery."""

    signed_in: bool = False
    own: Owners = ()
    friends: Owners = ()
    circles: OwnersByField = field(default_factory=TiedOwners)
    exceptions: OwnersByField = field(default_factory=TiedOwners)

    def terms(self, name: str) -> Terms:
        """Return the ties of one field as conditions on ``page.id``. For a stand-in, whose ties are plain ids."""
        friend, circle = _one_of(self.friends), _one_of(self.circles.of(name))
        return Terms(self.signed_in, friend, circle, _one_of(self.exceptions.of(name)), _one_of(self.own))


def _one_of(ids: Iterable[Any]) -> str:
    written = ", ".join(str(int(each)) for each in ids)
    return f"(page.id IN ({written}))" if written else ""


class _Subqueries:
    """Field → subquery of the owners whose field ties them to the viewer, made when it is asked for."""

    def __init__(self, model: Any, **tie: Any) -> None:
        self.ties = model.objects.filter(**tie)

    def of(self, name: str) -> Owners:
        owners: QuerySet[Any, Any] = self.ties.filter(field=name).values("owner_id")
        return owners


class Reaches(Expression):
    """The rule for one field, as a condition on rows of the profile model."""

    conditional = True

    def __init__(self, name: str, ties: Ties) -> None:
        super().__init__(output_field=BooleanField())
        self.name, self.ties = name, ties
        self.columns: list[Any] = []

    def resolve_expression(self, query: Any = None, *args: Any, **kwargs: Any) -> "Reaches":
        """Find the columns of audience and owner in the profile's own table."""
        if self.columns:  # Asked once more, by a query around the one of profiles.
            return self
        resolved = self.copy()
        alias, meta = query.get_initial_alias(), query.get_meta()
        resolved.columns = [Col(alias, meta.get_field(column)) for column in (bearers()[self.name].audience, "member")]
        return resolved

    def get_source_expressions(self) -> list[Any]:
        return self.columns

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        self.columns = list(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        (audience, _), (owner, _) = (compiler.compile(column) for column in self.columns)
        params: list[Any] = []

        def among(ids: Any) -> str:
            condition, given = _among(owner, ids, connection)
            params.extend(given)
            return condition

        ties, name = self.ties, self.name
        # Made in the order in which the rule has them: each may bring parameters.
        terms = Terms(
            ties.signed_in,
            among(ties.friends),
            among(ties.circles.of(name)),
            among(ties.exceptions.of(name)),
            among(ties.own),
        )
        return rule(audience, terms), tuple(params)


def _among(owner: str, ids: Any, connection: Any) -> tuple[str, list[Any]]:
    """Return the condition that an owner is one of ``ids`` with its parameters; empty for no ids at all."""
    if isinstance(ids, QuerySet):
        sql, params = ids.query.clone().get_compiler(connection=connection).as_sql()
    else:
        sql, params = ", ".join(["%s"] * len(ids)), list(ids)
    return (f"({owner} IN ({sql}))" if sql else ""), list(params)


def unblocked(viewer: Viewer, path: str = "pk") -> Q:
    """Return the condition that no block stands between the viewer and the member at ``path``."""
    if viewer.member_id is None:
        return Q()
    return ~Q(**{f"{path}__in": relationships.blocked_ids(viewer.member_id)})


def known_to(viewer: Viewer) -> QuerySet[Any, Any]:
    """Return everybody whom ``viewer`` may know of: active, and no block between."""
    people: QuerySet[Any, Any] = get_user_model()._default_manager.active()
    return people.filter(unblocked(viewer))


def visible_profiles(
    member_ids: Sequence[int], viewer: Viewer | Ties, fields: Iterable[str] | None = None
) -> dict[int, dict[str, Any]]:
    """Return what ``viewer`` may see of each member: id → field → value, hidden and empty values left out.

    Costs one query whatever their number. Whether the viewer may know of the members at all is asked before.
    """
    if not member_ids:
        return {}
    using = profile_model()._default_manager.db
    found = visible_page(people(member_ids, using), viewer, fields, using=using)
    return {member: seen for member, _handle, seen in found}


def visible_page(
    page: Statement, viewer: Viewer | Ties, fields: Iterable[str] | None = None, *, using: str
) -> list[tuple[int, str, dict[str, Any]]]:
    """Return id, handle and what ``viewer`` may see of everybody on ``page``, by handle, in one query.

    ``page`` yields ids and handles, of people whom the viewer may know of.
    """
    names = tuple(fields) if fields is not None else tuple(profile_fields())
    rows = _rows(page, names, viewer, using)
    columns = [bearers()[name].column for name in names]
    opened = open_rows(columns, [(row[0], *row[2:]) for row in rows])
    return [(row[0], row[1], _shown(names, values)) for row, values in zip(rows, opened, strict=True)]


def _rows(page: Statement, names: tuple[str, ...], viewer: Viewer | Ties, using: str) -> list[tuple[Any, ...]]:
    """Read id, handle, and for each field the stored value where it reaches the viewer and None elsewhere."""
    if isinstance(viewer, Ties):
        sql, params = seen_with(page, names, viewer.terms)
    elif viewer.member_id is None:
        sql, params = seen_by_visitor(page, names)
    else:
        sql, params = seen_by_member(page, names, viewer.member_id, using)
    with connections[using].cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _shown(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
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
