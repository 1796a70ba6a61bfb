"""What is known of the recipients of a few rows, read for all of them at one moment: one query for each kind of thing.

It is read once the rows are claimed, and again before it is old. Whoever declines does not rely on that: they take
their rows out of the hands of whoever holds them, see ``preferences``.
"""

import math
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import DatabaseError

from . import domains, preferences, suppression
from .channels.kinds import EVERYWHERE, Channel
from .deciding import Standing
from .models import Notification
from .notices import Category, Notice, UnknownNotice, notice_of
from .outcomes import Outcome, Result
from .recipients import address_of, juveniles_among
from .suppression import BOUNCED, COMPLAINED, RESTS, RESTS_FROM_WHAT_IS_ASKED_FOR

GOOD_FOR = timedelta(seconds=1)


class Looks:
    """What matters of the recipients of ``rows`` now; each row gets its member as they are now, None if they left."""

    def __init__(self, rows: Sequence[Notification]) -> None:
        self.until = time.monotonic() + GOOD_FOR.total_seconds()
        _read_members(rows)
        known = [(row, notice) for row in rows if row.has_recipient and (notice := _notice(row)) is not None]
        addresses = {address for row, notice in known if (address := _address(row, notice)) is not None}
        self._against = suppression.reasons_against_all(addresses)
        self._resting = domains.resting(addresses)
        self._choices = preferences.choices_of_all({row.member_id or 0 for row, notice in known if notice.topic})
        self._juveniles = juveniles_among(
            {row.member_id or 0 for row, notice in known if notice.category == Category.MARKETING}
        )

    @property
    def are_old(self) -> bool:
        """Say whether it is time to look again."""
        return time.monotonic() > self.until

    def learn(self, address: str, outcome: Outcome) -> None:
        """Have everything looked at again if what came of a mail to ``address`` may change what is known here."""
        if outcome.result is not Result.SENT:
            self.until = -math.inf
        elif address in self._resting:
            domains.took(address)

    def rests_until(self, address: str, now: datetime) -> datetime | None:
        """Return until when the domain of ``address`` is left alone; None if it is not."""
        until = self._resting.get(address)
        return until if until is not None and until > now else None

    def wants(self, member: Any, notice: Notice) -> frozenset[Channel]:
        """Return by which channels ``member`` wants to hear of ``notice``."""
        return EVERYWHERE if notice.topic is None else self._choices[member.pk][notice.topic]

    def standing(self, member: Any, address: str, notice: Notice, channel: str) -> Standing:
        """Return how ``member`` stands as far as it matters for ``notice`` to ``address``.

        Raises KeyError for an address that could not be looked at.
        """
        rests = RESTS_FROM_WHAT_IS_ASKED_FOR if notice.bound else RESTS
        against = suppression.that_count(self._against[address], rests=rests)
        if member is None:  # a farewell: nothing is known of them any more but where they can be reached
            return Standing(has_cancelled=True, is_dead=BOUNCED in against)
        return Standing(
            # A number is confirmed, or there is none.
            is_confirmed=member.email_verified_at is not None or channel == Channel.SMS,
            is_active=member.is_active,
            has_cancelled=member.cancelled_at is not None,
            is_juvenile=member.pk in self._juveniles,
            wants=self.wants(member, notice),
            is_dead=BOUNCED in against,
            has_complained=COMPLAINED in against,
        )


def _read_members(rows: Collection[Notification]) -> None:
    members: Any = get_user_model()._default_manager
    numbers = {row.member_id for row in rows}
    now = {member.pk: member for member in members.filter(pk__in=numbers - {None}).with_keys()}
    for row in rows:
        row.member = now.get(row.member_id)


def _notice(row: Notification) -> Notice | None:
    try:
        return notice_of(row.notice)
    except UnknownNotice:
        return None


def _address(row: Notification, notice: Notice) -> str | None:
    """Return where a row goes. What is wrong with it is told when it is its turn, and holds up no other."""
    try:
        address = address_of(row, notice, row.channel)
    except DatabaseError:
        raise
    except Exception:  # noqa: BLE001  # it comes again when the row is prepared
        return None
    return address if isinstance(address, str) else None
