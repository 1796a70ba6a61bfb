"""Correcting a birth date. It decides who is protected as a juvenile, so nobody can grow up by typing."""

from datetime import date, timedelta
from enum import Enum
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from privacy.audiences import hold
from privacy.changes import record
from privacy.juveniles import age_on, is_juvenile_born
from security.allowances import Limit, Share, Throttled, take_all

from . import age_cases
from .age_cases import Teller
from .models import Member, Profile
from .profiles import write_values

YEARLY = Limit("birth date", burst=1, every=timedelta(days=365))
ASKING = Limit("birth date: asking staff", burst=3, every=timedelta(days=10))


class Step(Enum):
    """What a correction amounts to."""

    SAME = "same"
    FREE = "free"
    BECOMES_JUVENILE = "becomes juvenile"
    FOR_STAFF = "for staff"


def what_it_is(stored: Any, born: date) -> Step:
    """Say what correcting ``stored`` to ``born`` amounts to today.

    A juvenile cannot become older, not even by days: several corrections would add up.
    """
    if stored == born:
        return Step.SAME
    if age_on(born, timezone.localdate()) < settings.MINIMUM_AGE:
        return Step.FOR_STAFF
    if is_juvenile_born(stored):
        return Step.FREE if isinstance(stored, date) and born > stored else Step.FOR_STAFF
    return Step.BECOMES_JUVENILE if is_juvenile_born(born) else Step.FREE


def correct(member: Member, born: date) -> Step:
    """Store another birth date, once a year; whoever becomes a juvenile by it has a juvenile's limits at once.

    Returns what it amounted to: nothing is stored where that is ``FOR_STAFF``. Raises ``Throttled``.
    """
    with transaction.atomic():
        hold(member)
        profile = Profile.objects.select_for_update().get(pk=member.pk)
        step = what_it_is(profile.birth_date, born)
        if step in (Step.SAME, Step.FOR_STAFF):
            return step
        try:
            take_all(Share(YEARLY, (member.pk,)))
        except Throttled:
            # Whoever tells that they are younger is protected at once, however often the date was corrected.
            if step is not Step.BECOMES_JUVENILE:
                raise
        write_values(profile, {"birth_date": born})
        record(member, ["birth_date"])
        age_cases.member_corrected(member)
    return step


def ask_staff(member: Member, born: date, words: str) -> None:
    """Have staff look whether the birth date is ``born``; nothing is changed by that. Raises ``Throttled``.

    A date under the minimum age is looked at in the same way: it says that this is a child's account.
    """
    take_all(Share(ASKING, (member.pk,)))
    age_cases.tell(member, words, teller=Teller.SELF, born=born)
