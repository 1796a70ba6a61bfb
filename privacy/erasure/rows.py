"""What one declared model holds about a member, removed by its rules, a chunk at a time."""

from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Model, QuerySet

from catalogue.declarations import PersonalData
from catalogue.erasure import Blank, DeleteRow, Replace
from catalogue.paths import leading_to
from catalogue.registry import personal_data, personal_data_of

CHUNK = 5_000


def order() -> tuple[str, ...]:
    """Return the labels of all declared models with subjects, leaves first: a row goes before what it hangs on."""
    labels = {data.model: apps.get_model(data.model) for data in personal_data() if data.subjects}
    sorted_labels: list[str] = []
    for label in labels:
        _visit(label, labels, sorted_labels, set())
    return tuple(reversed(sorted_labels))


def _visit(label: str, labels: dict[str, type[Model]], found: list[str], under_way: set[str]) -> None:
    """Put a model behind all that its rows hang on, which go later."""
    if label in found or label in under_way:
        return
    under_way.add(label)
    for above in _hangs_on(labels[label]):
        if above in labels:
            _visit(above, labels, found, under_way)
    found.append(label)


def _hangs_on(model: type[Model]) -> list[str]:
    relations: list[Any] = [field for field in model._meta.concrete_fields if field.is_relation]
    return [field.related_model._meta.label for field in relations if field.related_model is not model]


def remove(label: str, member_id: int) -> int:
    """Remove everything about the member in one declared model, by its rules; return how many rows that were.

    Each chunk is complete in itself, and twice does no harm.
    """
    data = personal_data_of(label)
    count, rest = 0, about(data, member_id)
    while batch := list(rest.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            _erase(data, about(data, member_id).model._base_manager.filter(pk__in=batch))
        count += len(batch)
        rest = about(data, member_id).filter(pk__gt=batch[-1])
    return count


def about(data: PersonalData, member_id: int) -> "QuerySet[Any]":
    """Return the rows of a declared model that are about a member, each once."""
    model: Any = apps.get_model(data.model)
    mine = model._base_manager.filter(leading_to(member_id, data.subjects))
    found: QuerySet[Any] = model._base_manager.filter(pk__in=mine.values("pk"))
    return found


def _erase(data: PersonalData, rows: "QuerySet[Any]") -> None:
    erasures = [field.erasure for field in data.fields]
    if any(isinstance(each, DeleteRow) for each in erasures) or not erasures:
        rows.delete()
        return
    for field in data.fields:
        if isinstance(field.erasure, (Blank, Replace)):
            field.erasure.apply(rows, field.column)
