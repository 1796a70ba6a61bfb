"""Default audiences: what a field starts with when somebody joins, and which set was in force then."""

import hashlib
import json
from typing import Any

from catalogue.vocabulary import Audience

from .fields import bearers
from .juveniles import cap, is_juvenile_born
from .models import DefaultSet, FieldDefault


def defaults_in_force() -> dict[str, Audience]:
    """Return field → audience: what staff set, else what the catalogue declares."""
    stored = dict(FieldDefault.objects.values_list("field", "audience"))
    return {name: Audience(stored.get(name, bearer.declared.audience)) for name, bearer in bearers().items()}


def record_defaults() -> DefaultSet:
    """Return the row of the set in force, made the first time a set is met."""
    audiences = {name: audience.word for name, audience in defaults_in_force().items()}
    fingerprint = hashlib.sha256(json.dumps(audiences, sort_keys=True).encode()).hexdigest()
    kept, _ = DefaultSet.objects.get_or_create(fingerprint=fingerprint, defaults={"audiences": audiences})
    return kept


def start_with(profile: Any, audiences: dict[str, Audience]) -> list[str]:
    """Set a new profile's concrete audiences; a juvenile's are capped. Return the names of what was narrowed.

    The profile is not saved here.
    """
    for name, audience in audiences.items():
        setattr(profile, bearers()[name].audience, audience)
    return cap(profile) if is_juvenile_born(profile.birth_date) else []


def ensure_defaults() -> None:
    """Make a row for every field that has none, so that the back office lists them all."""
    rows = [FieldDefault(field=name, audience=bearer.declared.audience) for name, bearer in bearers().items()]
    FieldDefault.objects.bulk_create(rows, ignore_conflicts=True)
