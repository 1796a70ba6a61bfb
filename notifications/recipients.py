"""Where a recipient is found at the moment a notice leaves.

Who is a juvenile, and what number somebody has, is for a storey above to say.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from .channels.kinds import Channel
from .models import Notification
from .notices import Notice

NumberOf = Callable[[Any, datetime], Any]
JuvenilesAmong = Callable[[Collection[int]], Collection[int]]
_juveniles: list[JuvenilesAmong] = []
_numbers: list[NumberOf] = []


def register_juveniles(among: JuvenilesAmong) -> None:
    """Have ``among(numbers of members)`` asked who of them is one. As long as nobody says, everybody counts as one."""
    _juveniles[:] = [among]


def register_numbers(number_of: NumberOf) -> None:
    """Have ``number_of(member, before)`` asked for a number that was confirmed by then."""
    _numbers[:] = [number_of]


def address_of(row: Notification, notice: Notice, channel: str) -> Any:
    """Return where a row goes by ``channel``, None for nowhere. What belongs to one mailbox goes nowhere else."""
    member: Any = row.member
    if (own := row.own_address) is not None and channel == row.channel:
        return own
    if member is None:
        return None
    if channel == Channel.EMAIL:
        return None if notice.keeps_address else member.email
    if notice.bound:
        return None
    # A number that a thief has just put there is told nothing of what happened before.
    return next((number_of(member, row.created_at) for number_of in _numbers), None)


def juveniles_among(members: Collection[int]) -> Collection[int]:
    """Return the numbers of those ``members`` who count as juveniles."""
    for among in _juveniles if members else ():
        members = among(members)
    return members
