"""Once a year everybody is invited to look over who sees what; in the year in which they come of age, on that very day.

Nothing opens by it, and no consent appears: the settings of who comes of age stay as they are. The invitation says the
same to everybody, and so do its rows: on which day of a year a member is invited comes from a keyed digest, so nobody
without the keys tells a birthday from any other day. Nothing is stored but the rows of the outbox.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from encryption.blind_index import hmac_sha256
from encryption.ring import ring
from notifications.models import Notification
from notifications.sending import notify_many

from .fields import profile_model
from .juveniles import BATCH
from .notices.settings import LOOK_OVER

CONTEXT = "privacy_yearly.day"
# Whoever was due while no worker ran is invited later. Rows are kept for longer than that, so nobody is invited twice.
CATCHES_UP = timedelta(days=30)


def comes_of_age(born: date) -> date:
    """Return the day on which somebody becomes an adult. Who is born on 29 February does on 1 March."""
    try:
        return born.replace(year=born.year + settings.ADULT_AGE)
    except ValueError:
        return date(born.year + settings.ADULT_AGE, 3, 1)


def day_of(member_id: int, year: int) -> date:
    """Return the day on which a member is invited in a year in which they do not come of age. Raises KeyFileError."""
    digest = hmac_sha256(ring().index_key_for(CONTEXT), f"{member_id} {year}".encode())
    first, days = date(year, 1, 1), (date(year + 1, 1, 1) - date(year, 1, 1)).days
    return first + timedelta(days=int.from_bytes(digest[:8], "big") % days)


def due_day(member_id: int, born: Any, year: int) -> date:
    """Return the day on which a member is invited in ``year``. A birth date that cannot be opened counts as none."""
    adult = comes_of_age(born) if isinstance(born, date) else None
    return adult if adult is not None and adult.year == year else day_of(member_id, year)


def invite(today: date) -> int:
    """Invite everybody who is due by ``today``; return how many.

    It holds a batch at a time. Whoever is killed leaves the rest to the next run, and nobody is invited twice.
    """
    return sum(_invite(batch, today) for batch in _batches())


def _batches() -> Iterator[list[Any]]:
    """Yield the profiles of all members who exist for others, a few at a time, with their birth dates alone."""
    last = -1
    people: Any = get_user_model()._default_manager
    profiles: Any = profile_model()._default_manager
    there = profiles.filter(member__in=people.active()).order_by("pk").select_related("member")
    wanted = there.only("pk", "birth_date", "member__joined_at")
    while batch := list(wanted.filter(pk__gt=last).with_keys()[:BATCH]):
        yield batch
        last = batch[-1].pk


@transaction.atomic
def _invite(batch: list[Any], today: date) -> int:
    """Invite those of ``batch`` who are due and have not been invited; return how many."""
    due = [(profile.pk, day) for profile in batch for day in _due_days(profile, today)]
    told = Notification.objects.filter(notice=LOOK_OVER.slug, member__in=[number for number, _day in due])
    already = set(told.values_list("member", "occasion")) if due else set()
    invited: dict[str, list[int]] = {}
    for number, day in due:
        if (number, day.isoformat()) not in already:
            invited.setdefault(day.isoformat(), []).append(number)
    for occasion, members in invited.items():
        notify_many(LOOK_OVER, members, occasion=occasion)
    return sum(map(len, invited.values()))


def _due_days(profile: Any, today: date) -> Iterator[date]:
    since = today - CATCHES_UP
    for year in sorted({since.year, today.year}):
        day = due_day(profile.pk, profile.birth_date, year)
        if max(since, profile.member.joined_at.date()) < day <= today:
            yield day


def came_of_age_lately(profile: Any, today: date) -> bool:
    """Say whether the member of ``profile`` came of age here within the last year. It is told to nobody but them."""
    born = profile.birth_date
    if not isinstance(born, date):
        return False
    day = comes_of_age(born)
    return today - timedelta(days=365) < day <= today and profile.member.joined_at.date() < day
