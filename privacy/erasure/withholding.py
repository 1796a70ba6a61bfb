"""What the law forbids to erase, put aside: sealed anew under a key of the step that will erase it in the end.

The member's own key can go then, so that everything else is unreadable at once. To pages and programs what is held
looks as unreadable as the rest; ``opened`` is for who has to hand it over.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Model

from catalogue.registry import personal_data_of
from encryption.blind_index import indexes_resting_on
from encryption.bulk import sealed_fields
from encryption.keys import DecryptionError, create_data_key
from encryption.sealed import Sealed
from privacy.holds import held_models
from privacy.models import ErasureRequest, ErasureStep

from .parts import parts
from .rows import about

CHUNK = 500


def withhold(request: ErasureRequest, now: datetime) -> None:
    """Seal everything anew that is held at ``now``. Twice does no harm, and neither does an end in between."""
    if request.member_id is None:
        return
    for label in sorted(held_models(request.member_id, now)):
        step = step_of(request, label)
        if step is not None and sealed_fields(apps.get_model(label)):
            _withhold_model(label, request.member_id, step)


def step_of(request: ErasureRequest, label: str) -> ErasureStep | None:
    """Return the step that erases a model in the end, whose key seals what is held of it."""
    name = f"data:{label}"
    if label == get_user_model()._meta.label:
        name = next((f"part:{part.name}" for part in parts() if part.model == label), name)
    return request.steps.filter(name=name).first()


def opened(step: ErasureStep, row: Any, name: str) -> Any:
    """Return a held value of ``row``. Raises DecryptionError for what is not held, or not any more."""
    field: Any = row._meta.get_field(name)
    stored = _stored(row, field)
    return None if stored is None else field.open(step.pk, stored)


def _withhold_model(label: str, member_id: int, step: ErasureStep) -> None:
    ErasureStep.objects.filter(pk=step.pk).update(has_key=True)
    create_data_key(step.pk)
    found = about(personal_data_of(label), member_id).order_by("pk")
    rest = found
    while batch := list(rest[:CHUNK]):
        for row in batch:
            if values := dict(_sealed_anew(row, member_id, step.pk)):
                type(row)._base_manager.filter(pk=row.pk).update(**values, **_no_indexes(type(row), values))
        rest = found.filter(pk__gt=batch[-1].pk)


def _sealed_anew(row: Any, member_id: int, key: int) -> Iterator[tuple[str, Sealed | None]]:
    """Yield what the member's key opens, sealed by ``key``. What it does not open was sealed anew, or is lost."""
    for field in sealed_fields(type(row)):
        stored = _stored(row, field)
        if stored is None or field.subject_on(row) != member_id:
            continue
        try:
            value = field.open(member_id, stored)
        except DecryptionError:
            continue
        yield field.attname, field.seal(key, value)


def _no_indexes(model: type[Model], values: dict[str, Any]) -> dict[str, None]:
    """Return what makes nobody find what is held."""
    return {index.attname: None for index in indexes_resting_on(model, values.keys())}


def _stored(row: Any, field: Any) -> Sealed | None:
    stored = row.__dict__.get(field.attname)
    return stored if isinstance(stored, Sealed) else None
