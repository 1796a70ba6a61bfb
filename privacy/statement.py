"""The one statement that reads a page of people: who is on it, what ties them to the viewer, and what that opens.

Hidden values never leave the database: where the rule does not let a value through, the statement yields NULL.
Put into its text are names of our own tables, columns and fields, whole numbers and statements made by Django;
everything else is a parameter.
"""

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import QuerySet

from .compiled import Compiled
from .fields import AudienceBearer, bearers, profile_model
from .models import CircleMember, FieldCircle, FieldException
from .relationships import relationships
from .rule import Terms, rule

# How each database joins the texts of many rows, and finds one text in another.
_JOIN = {"postgresql": "string_agg", "sqlite": "group_concat"}
_FIND = {"postgresql": "strpos", "sqlite": "instr"}


def _friends(viewer: int) -> QuerySet[Any, int]:
    return relationships.friend_ids(viewer)


_FRIENDS = Compiled(_friends)


class Statement(NamedTuple):
    """SQL with its parameters."""

    sql: str
    params: list[Any]


def people(ids: Collection[int], using: str) -> Statement:
    """Return the page of these very people, in no order."""
    if connections[using].vendor == "postgresql":
        return Statement("SELECT id, '' FROM unnest(%s::bigint[]) AS id", [list(ids)])
    return Statement("SELECT value, '' FROM json_each(%s)", [str(list(ids))])


def seen_by_visitor(page: Statement, names: tuple[str, ...]) -> Statement:
    """Return the statement for somebody whom nothing ties to anybody."""
    return seen_with(page, names, lambda _name: Terms())


def seen_with(page: Statement, names: tuple[str, ...], terms: Callable[[str], Terms]) -> Statement:
    """Return the statement for ties that are conditions on ``page.id``."""
    return Statement(f"WITH {_page(page)} {_values(names, terms, 'page')}", page.params)


def seen_by_member(page: Statement, names: tuple[str, ...], viewer: int, using: str) -> Statement:
    """Return the statement that finds the ties itself, once for each person and not once for each value."""
    friends, friends_params = _FRIENDS.filled(using, viewer=viewer)
    rest = _seen_by_member(names, friends, connections[using].vendor)
    return Statement(f"WITH {_page(page)}, {rest}", [*page.params, *friends_params, viewer, viewer, viewer])


@lru_cache(maxsize=128)
def _seen_by_member(names: tuple[str, ...], friends: str, vendor: str) -> str:
    """Return the statement after its page. The same few lists of fields are asked for all day."""
    circles = (
        f"{_table(FieldCircle)} chosen JOIN {_table(CircleMember)} inside ON inside.circle_id = chosen.circle_id"
        " WHERE chosen.owner_id = page.id AND inside.person_id = %s"
    )
    exceptions = f"{_table(FieldException)} chosen WHERE chosen.owner_id = page.id AND chosen.person_id = %s"
    columns = (
        "page.id, page.handle",
        f"page.id IN ({friends}) AS friend",
        f"{_listed(circles, vendor)} AS circles",
        f"{_listed(exceptions, vendor)} AS exceptions",
        "page.id = %s AS own",
    )

    def terms(name: str) -> Terms:
        among = f"{_FIND[vendor]}(tied.%s, ',{name},') > 0"
        return Terms(True, "tied.friend", among % "circles", f"({among % 'exceptions'})", "tied.own")

    # Materialised, or PostgreSQL would look the ties up anew for every value.
    return f"tied AS MATERIALIZED (SELECT {', '.join(columns)} FROM page) {_values(names, terms, 'tied')}"  # noqa: S608  # see above


def _listed(source: str, vendor: str) -> str:
    """Return the subquery of the chosen fields with commas around each: ``,city,phone,``; never NULL."""
    return f"COALESCE((SELECT ',' || {_JOIN[vendor]}(chosen.field, ',') || ',' FROM {source}), '')"  # noqa: S608  # see above


def _page(page: Statement) -> str:
    return f"page (id, handle) AS MATERIALIZED ({page.sql})"


def _values(names: tuple[str, ...], terms: Callable[[str], Terms], source: str) -> str:
    """Return the last part: the people of ``source`` by handle, and every value that the rule lets through."""
    asked = [bearers()[name] for name in names]
    profile: Any = profile_model()._meta
    member = profile.pk.related_model._meta
    values = [
        f"CASE WHEN {rule(_quoted(f'profile.{bearer.audience}'), terms(bearer.name))} THEN {_value(bearer)} END"
        for bearer in asked
    ]
    joined = f" JOIN {_quoted(profile.db_table)} profile ON profile.{_quoted(profile.pk.column)} = {source}.id"
    if any(bearer.column.model is not profile.model for bearer in asked):
        joined += f" JOIN {_quoted(member.db_table)} member ON member.{_quoted(member.pk.column)} = {source}.id"
    selected = ", ".join([f"{source}.id", f"{source}.handle", *values])
    return f"SELECT {selected} FROM {source}{joined} ORDER BY {source}.handle"  # noqa: S608  # see above


def _value(bearer: AudienceBearer) -> str:
    owner = "profile" if bearer.column.model is profile_model() else "member"
    return _quoted(f"{owner}.{bearer.column.column}")


def _table(model: Any) -> str:
    return _quoted(model._meta.db_table)


def _quoted(name: str) -> str:
    """Quote the parts of a name as both databases do."""
    return ".".join(f'"{part}"' for part in name.split("."))
