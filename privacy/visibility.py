"""Who sees what: one rule, compiled to SQL, for a page of people and for a single person alike.

The rule for a value ``f`` of an owner ``o`` and a viewer ``v``:

* ``o`` is ``v``, or
* ``v`` is not excepted from ``f``, and the audience of ``f`` is *everyone*; or *members* and ``v`` is signed in;
  or *friends* and they are friends; or *chosen circles* and ``v`` is in one that ``o`` chose for ``f``.

Between ``v`` and ``o`` no block stands, in either direction, and ``o`` is active: that is asked of the people
before their values (``visible_to``). A hidden value is never read from the database.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db.models import BinaryField, BooleanField, Expression, Q, QuerySet
from django.db.models.expressions import Col

from catalogue.vocabulary import Audience
from encryption.fields import open_rows

from .fields import bearers, profile_fields, profile_model
from .models import FieldCircle, FieldException
from .relationships import relationships

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
    own: Owners = ()
    friends: Owners = ()
    circles: OwnersByField = field(default_factory=TiedOwners)
    exceptions: OwnersByField = field(default_factory=TiedOwners)

    def ties_among(self, owners: Collection[int]) -> "Ties":
        """Return these very ties: a stand-in's are ids already."""
        return self


class _Subqueries:
    """Field → subquery of the owners whose field ties them to the viewer, made when it is asked for."""

    def __init__(self, model: Any, **tie: Any) -> None:
        self.ties = model.objects.filter(**tie)

    def of(self, name: str) -> Owners:
        owners: QuerySet[Any, Any] = self.ties.filter(field=name).values("owner_id")
        return owners


def _owners_by_field(model: Any, owners: Collection[int], **tie: Any) -> TiedOwners:
    found = TiedOwners()
    for name, owner in model.objects.filter(owner__in=owners, **tie).values_list("field", "owner_id"):
        found.setdefault(name, set()).add(owner)
    return found


class Reaches(Expression):
    """The rule for one field, as a condition on rows of the profile model.

    The ids in it are whole numbers, written into the statement as such: a page of people has a handful of them, and
    what Django would need to resolve the same condition for sixteen fields takes longer than everything else.
    """

    conditional = True

    def __init__(self, name: str, ties: Ties) -> None:
        super().__init__(output_field=BooleanField())
        self.name, self.ties = name, ties
        self.columns: list[Any] = []

    def resolve_expression(self, query: Any = None, *args: Any, **kwargs: Any) -> "Reaches":
        """Find the columns of audience and owner in the profile's own table."""
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
        clause = _Clause(compiler, connection, owner)
        ties, widest = self.ties, Audience.MEMBERS if self.ties.signed_in else Audience.EVERYONE
        reached = [f"{audience} <= {widest:d}"]
        reached += clause.among(ties.friends, f"{audience} = {Audience.FRIENDS:d} AND ")
        reached += clause.among(ties.circles.of(self.name), f"{audience} = {Audience.CIRCLES:d} AND ")
        rule = " OR ".join(reached)
        for excepted in clause.among(ties.exceptions.of(self.name), "NOT "):
            rule = f"({rule}) AND {excepted}"
        for own in clause.among(ties.own):
            rule = f"({rule}) OR {own}"
        return f"({rule})", tuple(clause.params)


class _Clause:
    """Writes conditions that an owner is one of some ids, and gathers the parameters of subqueries."""

    def __init__(self, compiler: Any, connection: Any, owner: str) -> None:
        self.compiler, self.connection, self.owner = compiler, connection, owner
        self.params: list[Any] = []

    def among(self, ids: Any, before: str = "") -> list[str]:
        """Return the condition, or nothing for no ids at all."""
        if isinstance(ids, QuerySet):
            sql, params = ids.query.clone().get_compiler(connection=self.connection).as_sql()
            self.params += params
        elif ids:
            sql = ", ".join(str(int(each)) for each in ids)
        else:
            return []
        return [f"({before}{self.owner} IN ({sql}))"]


class Visible(Expression):
    """The stored value of one field where the rule lets it through, and NULL elsewhere."""

    def __init__(self, name: str, ties: Ties) -> None:
        # Bytes as they are stored: they are opened for all rows together, or not at all.
        super().__init__(output_field=BinaryField())
        self.name = name
        self.parts: list[Any] = [Reaches(name, ties)]

    def resolve_expression(self, query: Any = None, *args: Any, **kwargs: Any) -> "Visible":
        """Find the column of the value, on the profile or through a join."""
        resolved, bearer = self.copy(), bearers()[self.name]
        own = "__" not in bearer.source
        value = Col(query.get_initial_alias(), bearer.column) if own else query.resolve_ref(bearer.source)
        resolved.parts = [self.parts[0].resolve_expression(query), value]
        return resolved

    def get_source_expressions(self) -> list[Any]:
        return self.parts

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        self.parts = list(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        (rule, params), (value, _) = (compiler.compile(part) for part in self.parts)
        return f"CASE WHEN {rule} THEN {value} END", params


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
    values = {f"seen_{name}": Visible(name, ties) for name in names}
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
