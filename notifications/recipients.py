"""Where a recipient is found, and how they stand, at the moment a notice leaves.

Who is a juvenile, and what number somebody has, is for a storey above to say.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from . import preferences
from .channels.kinds import EVERYWHERE, Channel
from .deciding import Standing
from .models import Notification
from .notices import Category, Notice
from .suppression import BOUNCED, COMPLAINED, RESTS, RESTS_FROM_WHAT_IS_ASKED_FOR, reasons_against

NumberOf = Callable[[Any, datetime], Any]
_juveniles: list[Callable[[Any], bool]] = []
_numbers: list[NumberOf] = []


def register_juveniles(is_juvenile: Callable[[Any], bool]) -> None:
    """Have ``is_juvenile(member)`` asked. As long as nobody says, everybody counts as one."""
    _juveniles[:] = [is_juvenile]


def register_numbers(number_of: NumberOf) -> None:
    """Have ``number_of(member, before)`` asked for a number that was confirmed by then."""
    _numbers[:] = [number_of]


def address_of(row: Notification, notice: Notice, channel: str) -> Any:
    """Return where a row goes by ``channel``, None for nowhere. What belongs to one mailbox goes nowhere else."""
    member: Any = row.member
    if row.address is not None and channel == row.channel:
        return row.address
    if channel == Channel.EMAIL:
        return None if notice.keeps_address else member.email
    if notice.bound:
        return None
    # A number that a thief has just put there is told nothing of what happened before.
    return next((number_of(member, row.created_at) for number_of in _numbers), None)


def standing(member: Any, address: str, notice: Notice, channel: str = Channel.EMAIL) -> Standing:
    """Return how ``member`` stands now, as far as it matters for ``notice`` to ``address``."""
    against = reasons_against(address, rests=RESTS_FROM_WHAT_IS_ASKED_FOR if notice.bound else RESTS)
    return Standing(
        # A number is confirmed, or there is none.
        is_confirmed=member.email_verified_at is not None or channel == Channel.SMS,
        is_active=member.is_active,
        is_juvenile=notice.category == Category.MARKETING and all(is_juvenile(member) for is_juvenile in _juveniles),
        wants=EVERYWHERE if notice.topic is None else preferences.wants(member, notice.topic),
        is_dead=BOUNCED in against,
        has_complained=COMPLAINED in against,
    )
