"""The privacy check-up: a few steps over all fields, offered until done and again when a field is new."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from .fields import bearers
from .models import FieldReview


@dataclass(frozen=True)
class Step:
    """One question of the check-up: the fields that are looked over together."""

    slug: str
    title: Any
    fields: tuple[str, ...]


STEPS = (
    Step("reach", _("Who can reach you"), ("email", "phone", "postal_address", "website")),
    Step("about", _("Who knows you"), ("display_name", "bio", "picture", "pronouns", "interests")),
    Step("born", _("When you were born"), ("birthday", "birth_date")),
    Step("found", _("Where you are found"), ("city", "country", "employer", "school")),
)


def steps() -> tuple[Step, ...]:
    """Return the steps; a field that no step names yet comes in a step of its own at the end."""
    named = {name for step in STEPS for name in step.fields}
    rest = tuple(name for name in bearers() if name not in named)
    return (*STEPS, Step("more", _("And the rest"), rest)) if rest else STEPS


def reviewed(member: Any) -> set[str]:
    return set(FieldReview.objects.filter(member=member).values_list("field", flat=True))


def open_steps(member: Any) -> list[Step]:
    """Return the steps with a field that ``member`` has not looked over yet."""
    seen = reviewed(member)
    return [step for step in steps() if not seen.issuperset(step.fields)]


def look_over(member: Any, fields: Iterable[str]) -> None:
    """Record that ``member`` has looked over who sees ``fields``."""
    FieldReview.objects.bulk_create([FieldReview(member=member, field=name) for name in fields], ignore_conflicts=True)
