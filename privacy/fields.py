"""The fields that have an audience: where the value of each lies, and in which order people meet them."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Model

from catalogue.declarations import PersonalField
from catalogue.registry import personal_data

OPEN_NAME = ("public_name", "name_for_search")  # columns of the profile in which a name lies open


@dataclass(frozen=True)
class AudienceBearer:
    """One field with an audience, as the profile model stores it.

    ``source`` is the lookup of the stored value from the profile; ``column`` the model field behind it.
    """

    name: str
    declared: PersonalField
    source: str
    column: Any

    @property
    def audience(self) -> str:
        return f"{self.name}_audience"


def profile_model() -> type[Model]:
    return apps.get_model(settings.PRIVACY_PROFILE_MODEL)


@cache
def bearers() -> dict[str, AudienceBearer]:
    """Return every settable field by name, in the order in which they are declared."""
    found = {}
    for data in personal_data():
        for declared in data.fields:
            if declared.settable:
                found[declared.name] = _bearer(data.model, declared)
    return found


def _bearer(label: str, declared: PersonalField) -> AudienceBearer:
    model, stored = apps.get_model(label), declared.derived_from or declared.name
    column = next((field for field in model._meta.concrete_fields if field.name == stored), None)
    prefix = "" if model is profile_model() else "member__"
    return AudienceBearer(declared.name, declared, prefix + stored, column)


def profile_fields() -> list[str]:
    """Return the names of the fields a profile shows."""
    return [name for name, bearer in bearers().items() if bearer.column is not None]
