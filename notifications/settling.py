"""What is written down about a row once something came of it. Whoever has lost its lease writes nothing."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from . import backoff, domains
from .channels.kinds import Channel
from .models import Notification, State, Suppression
from .notices import Notice, UnknownNotice, is_always_sent, notice_of
from .outcomes import Outcome, Result
from .recipients import address_of
from .suppression import suppress

MOST_OF_A_REASON = 40
KILLED = Outcome(Result.UNCLEAR, "killed")
TOO_LATE = "too late"


def settle(row: Notification, outcome: Outcome) -> bool:
    """Write down what came of an attempt; say whether the row was still ours to settle."""
    result, code = outcome.result, outcome.code
    _about_the_domain(row, outcome)
    if result is Result.SENT:
        # One that went by another way than its first keeps why.
        return end(row, State.SENT, row.reason if row.channel != _first_channel(row) else "")
    if result is Result.DEAD:
        return _dead(row, code)
    if result is Result.REFUSED:
        return end(row, State.FAILED, code)
    if result is Result.UNCLEAR and not is_always_sent(row.notice):
        return end(row, State.UNCERTAIN, code)
    now = timezone.now()
    if _is_enough(row, outcome, now):
        return end(row, State.UNCERTAIN if result is Result.UNCLEAR else State.FAILED, code)
    repeats = {"is_repeated": True} if result is Result.UNCLEAR and outcome != KILLED else {}
    return _move(row, code, state=State.DEFERRED, due_at=backoff.next_try(row.attempts, now), **repeats)


def end(row: Notification, state: State, reason: str = "") -> bool:
    """Settle a row for good.

    Only what may be tried again, or stands on the site, keeps what it was filled with; only the former where it went.
    """
    is_of_use = reason != TOO_LATE and state not in (State.ERASED, State.SUPPRESSED)
    row.is_on_site = row.is_on_site and is_of_use
    is_tried_again = is_of_use and state in (State.FAILED, State.UNREACHABLE)
    forgotten: dict[str, Any] = {"is_on_site": row.is_on_site} | ({} if is_tried_again else {"address": None})
    if not is_tried_again and not row.is_on_site:
        forgotten["parameters"] = None
    return _move(row, reason, state=state, channel=row.channel, settled_at=timezone.now(), **forgotten)


def hold(row: Notification, reason: str, until: datetime) -> bool:
    """Have a row that was not tried this time looked at again, not before ``until``; give it up after some days."""
    if backoff.is_too_late(row.created_at, timezone.now()):
        return end(row, State.FAILED, reason)
    until = min(until, row.created_at + backoff.GIVE_UP_AFTER)
    return _move(row, reason, state=State.DEFERRED, due_at=until, attempts=F("attempts") - 1)


def take_another_way(row: Notification, notice: Notice, reason: str) -> bool:
    """Send a row by the next channel of its notice on which the member is found; end it where there is none."""
    channel = next((each for each in _further(row, notice) if address_of(row, notice, each) is not None), None)
    if channel is None:
        return end(row, State.UNREACHABLE, reason)
    return _move(row, reason, state=State.QUEUED, channel=channel, address=None, due_at=timezone.now())


def _is_enough(row: Notification, outcome: Outcome, now: datetime) -> bool:
    """Say whether what did not arrive is given up: after some days, or where nobody knew twice whether it had left.

    That it had not been settled when its worker was killed tells little: most of what a worker holds has not left.
    """
    is_second = outcome.result is Result.UNCLEAR and outcome != KILLED and row.is_repeated
    return is_second or backoff.is_too_late(row.created_at, now)


def _further(row: Notification, notice: Notice) -> list[Channel]:
    here = notice.channels.index(Channel(row.channel))
    return [channel for channel in notice.channels[here + 1 :] if channel != Channel.SITE]


def _dead(row: Notification, code: str) -> bool:
    notice = notice_of(row.notice)
    with transaction.atomic():
        suppress(address_of(row, notice, row.channel), Suppression.Reason.BOUNCED, code)
        return take_another_way(row, notice, code)


def _about_the_domain(row: Notification, outcome: Outcome) -> None:
    address = address_of(row, notice_of(row.notice), row.channel) if outcome.is_of_domain else None
    if isinstance(address, str):
        domains.refused(address)


def _first_channel(row: Notification) -> str | None:
    try:
        return notice_of(row.notice).channels[0]
    except UnknownNotice:
        return None


def _move(row: Notification, reason: str, **values: Any) -> bool:
    mine = Notification.objects.filter(pk=row.pk, lease=row.lease, settled_at=None)
    return bool(mine.update(lease=None, lease_until=None, reason=reason[:MOST_OF_A_REASON], **values))
