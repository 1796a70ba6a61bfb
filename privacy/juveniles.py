"""Who is a juvenile: derived from the sealed birth date where a decision needs it, stored nowhere."""

from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone

from catalogue.vocabulary import Audience

from .fields import bearers, profile_model


def age_on(born: date, day: date) -> int:
    """Return the full years from ``born`` to ``day``. Who is born on 29 February ages on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def is_juvenile_born(born: Any) -> bool:
    """Say whether somebody born on ``born`` is a juvenile today. Staff have no birth date here and are none;
    a birth date that cannot be opened counts as a juvenile's, since that is the safe side."""
    if born is None:
        return False
    return not isinstance(born, date) or age_on(born, timezone.localdate()) < settings.ADULT_AGE


def is_juvenile(member: Any) -> bool:
    """Say whether ``member`` is a juvenile today."""
    return is_juvenile_born(profile_model()._default_manager.get(pk=member.pk).birth_date)  # type: ignore[attr-defined]


def cap(profile: Any) -> list[str]:
    """Narrow every audience of a juvenile's profile to friends at most; return the fields that were narrowed."""
    narrowed = []
    for name, bearer in bearers().items():
        audience = Audience(getattr(profile, bearer.audience))
        if audience < Audience.FRIENDS:
            setattr(profile, bearer.audience, Audience.FRIENDS)
            narrowed.append(name)
    profile.listed = False
    profile.public_name = profile.name_for_search = ""
    return narrowed
