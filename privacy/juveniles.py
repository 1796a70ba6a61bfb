"""Who is a juvenile: derived from the sealed birth date where a decision needs it, stored nowhere."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalogue.vocabulary import Audience

from .fields import OPEN_NAME, bearers, profile_model
from .models import AgeApplied, AgeCase

BATCH = 500
_endings: list[Callable[[int], object]] = []


def age_on(born: date, day: date) -> int:
    """Return the full years from ``born`` to ``day``. Who is born on 29 February ages on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def is_juvenile_born(born: Any) -> bool:
    """Say whether somebody born on ``born`` is a juvenile today. Staff have no birth date here and are none;
    a birth date that cannot be opened counts as a juvenile's, since that is the safe side."""
    if born is None:
        return False
    return not isinstance(born, date) or age_on(born, timezone.localdate()) < settings.ADULT_AGE


def juveniles_among(members: Collection[int]) -> set[int]:
    """Return the numbers of those ``members`` who are juveniles today, in one query. Nobody knows of whom there is no
    profile, so they count as one."""
    profiles = profile_model()._default_manager.filter(pk__in=members).with_keys()  # type: ignore[attr-defined]
    return set(members) - {profile.pk for profile in profiles if not is_juvenile_born(profile.birth_date)}


def is_juvenile(member: Any) -> bool:
    """Say whether ``member`` is a juvenile today."""
    return is_juvenile_born(profile_model()._default_manager.get(pk=member.pk).birth_date)  # type: ignore[attr-defined]


def sharing_stopped(members: Collection[int]) -> set[int]:
    """Return the numbers of those ``members`` of whom nothing may be given to a partner, whatever they agreed to:
    juveniles, and whoever's age is in question as long as it is. Two queries."""
    in_question = AgeCase.objects.open().filter(member__in=members).values_list("member", flat=True)
    return juveniles_among(members) | set(in_question)


def register_ending(end: Callable[[int], object]) -> None:
    """Have ``end(number of a member)`` called when a member turns out to be a juvenile: what they agreed to ends with
    it, and does not come back when they come of age. Twice without harm, in the transaction of the birth date."""
    if end not in _endings:
        _endings.append(end)


def end_consents(member_id: int) -> None:
    """End what a juvenile cannot have agreed to."""
    for end in _endings:
        end(member_id)


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


def apply_adult_age() -> int:
    """Hold every profile to the adult age once after it was changed; return how many had to be narrowed.

    Birth dates are sealed, so this opens all of them. Killed halfway, the next run begins anew, which does no harm.
    A lowered age opens nothing: members coming of age keep their settings too.
    """
    age = settings.ADULT_AGE
    if AgeApplied.objects.filter(age=age).exists():
        return 0
    narrowed = sum(_cap_all(batch) for batch in _batches())
    with transaction.atomic():
        AgeApplied.objects.all().delete()
        AgeApplied.objects.create(age=age)
    return narrowed


def _batches() -> Iterator[list[int]]:
    """Yield the ids of all profiles."""
    last, profiles = -1, profile_model()._default_manager.order_by("pk")
    while batch := list(profiles.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        yield batch
        last = batch[-1]


@transaction.atomic
def _cap_all(members: Iterable[int]) -> int:
    """Cap those of ``members`` who are juveniles and open more than they may; return how many these were.

    Whose birth date cannot be opened is left alone: a broken key must not undo everybody's choices for good.
    """
    held: Any = profile_model()._default_manager.select_for_update().filter(pk__in=members)
    known = [profile for profile in held.with_keys() if isinstance(profile.birth_date, date)]
    return sum(_cap_one(profile) for profile in known if is_juvenile_born(profile.birth_date))


def _cap_one(profile: Any) -> bool:
    end_consents(profile.pk)
    was_listed = profile.listed
    narrowed = cap(profile)
    if narrowed or was_listed:
        profile.save(update_fields=[*(bearers()[name].audience for name in narrowed), "listed", *OPEN_NAME])
    return bool(narrowed or was_listed)
