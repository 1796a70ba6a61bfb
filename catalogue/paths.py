"""Following the relations that a declaration names."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model, Q

Relation = Any  # a foreign key, a many-to-many, or the reverse side of either: Django has no common type for them


class PathError(ValueError):
    """A path that does not lead where it has to."""


def follow(model: type[Model], subject: str) -> list[Relation]:
    """Return the relations from ``model`` to the user model along ``subject``, none for ``"self"``.

    Raise PathError, saying where the path ends, if it does not arrive there.
    """
    person = get_user_model()
    if subject == "self":
        if model is not person:
            raise PathError(f'only {person._meta.label} is "self"')
        return []
    hops: list[Relation] = []
    for name in subject.split("__"):
        hops.append(_relation(model, name))
        model = hops[-1].related_model
    if model is not person:
        raise PathError(f"it ends at {model._meta.label}")
    return hops


def leading_to(person: int, paths: Iterable[str]) -> Q:
    """Return the condition that one of ``paths`` leads from a row to the person of that number.

    Raises TypeError without any path: nothing is about nobody, and no condition at all would be about everybody.
    """
    return reduce(or_, (Q(**{"pk" if path == "self" else path: person}) for path in paths))


def _relation(model: type[Model], name: str) -> Relation:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        raise PathError(f"{model._meta.label} has no {name}") from None
    # Django also finds a foreign key by the name of its column, which could not be followed any further.
    if field.name != name or not isinstance(field.related_model, type):
        raise PathError(f"{model._meta.label}.{name} is no relation to one model")
    return field


def last_column(model: type[Model], path: str) -> "Field[Any, Any] | None":
    """Return the column at the end of ``path`` (``relation__column``), or None if there is none."""
    *relations, name = path.split("__")
    try:
        for relation in relations:
            model = _relation(model, relation).related_model
    except PathError:
        return None
    return next((column for column in model._meta.concrete_fields if column.name == name), None)
