"""From the outbox to where mail goes: claim, look once more, attempt, settle.

Every step is committed before the next begins, and none holds a transaction while a mail server is talked to. Whoever
is killed in between leaves a row behind whose lease runs out:

===================  ============================================================================================
killed while         what becomes of the row
===================  ============================================================================================
claimed              the next worker claims it; nothing had left
attempting           nobody knows whether it left: news that is always sent goes once more, other news never does
===================  ============================================================================================
"""

import logging
import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils import timezone

from . import backoff, letters
from .channels.email import Mailbag
from .deciding import Verdict, decide
from .models import WAITING, Notification, State, Suppression
from .notices import Notice, UnknownNotice, notice_of
from .outcomes import Outcome, Result
from .recipients import standing
from .suppression import suppress

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
BATCH = 20
# Shorter than what a broker waits before it hands a task out again.
SHIFT = timedelta(minutes=5)
HELD = timedelta(hours=1)
MOST_OF_A_REASON = 40
TOO_LATE = "too late"
_UNCLEAR = Outcome(Result.UNCLEAR, "killed")


def deliver(shift: timedelta = SHIFT) -> int:
    """Send what is due until nothing is, or the ``shift`` is over; return how many rows were moved."""
    ends, moved = time.monotonic() + shift.total_seconds(), 0
    moved += sum(_settle(row, _UNCLEAR) for row in _left_behind())
    with Mailbag() as mailbag:
        while time.monotonic() < ends and (rows := claim(timezone.now())):
            for row in rows:
                attempt(row, mailbag)
            moved += len(rows)
    return moved


def claim(now: datetime) -> list[Notification]:
    """Take the next few that are due for a short while; nobody else gets them meanwhile."""
    lease = uuid.uuid4()
    with transaction.atomic():
        due = Notification.objects.due(now).order_by("due_at", "pk")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        ids = list(due.values_list("pk", flat=True)[:BATCH])
        Notification.objects.filter(pk__in=ids).update(lease=lease, lease_until=now + LEASE)
    mine = Notification.objects.filter(lease=lease, state__in=WAITING).order_by("due_at", "pk")
    return list(mine.with_keys()) if ids else []


def attempt(row: Notification, mailbag: Mailbag) -> None:
    """Send one row that was claimed, unless something has come in between."""
    try:
        notice = notice_of(row.notice)
    except UnknownNotice:
        _end(row, State.FAILED, "unknown notice")
        return
    # Written down before it is looked at once more: who declines in between waits for what stands here.
    message = _ready(row, notice) if _begin(row) else None
    if message is not None:
        _settle(row, mailbag.send(message))


# --- before -------------------------------------------------------------------------------------------------------
def _ready(row: Notification, notice: Notice) -> EmailMessage | None:
    """Return the message of a row; settle the row and return None where it is not to be sent now."""
    member: Any = _as_now(row)
    if member is None:
        _end(row, State.ERASED)
        return None
    address = _address_of(row, notice, member)
    if row.expires_at is not None and row.expires_at <= timezone.now():
        _end(row, State.FAILED, TOO_LATE)
    elif not isinstance(address, str) or not isinstance(row.parameters, dict):
        _end(row, State.FAILED, "cannot be opened")
    else:
        return _unless_it_stays(row, member, notice, address)
    return None


def _address_of(row: Notification, notice: Notice, member: Any) -> Any:
    """Return where a row goes. What belongs to one mailbox goes nowhere else, even if that cannot be opened."""
    return member.email if row.address is None and not notice.keeps_address else row.address


def _as_now(row: Notification) -> Any:
    """Read the member anew: much may have happened since the row was claimed."""
    row.member = get_user_model()._default_manager.filter(pk=row.member_id).first()
    return row.member


def _unless_it_stays(row: Notification, member: Any, notice: Notice, address: str) -> EmailMessage | None:
    verdict = decide(notice, standing(member, address, notice))
    if verdict is Verdict.SEND:
        return _written(row, notice, address)
    if verdict is Verdict.HOLD:
        _put_off(row, "unconfirmed address", timezone.now() + HELD)
    elif verdict is Verdict.UNREACHABLE:
        _end(row, State.UNREACHABLE, "known to take nothing")
    else:
        _end(row, State.SUPPRESSED)
    return None


def _written(row: Notification, notice: Notice, address: str) -> EmailMessage | None:
    try:
        return letters.write(row, notice, address)
    except Exception as error:  # noqa: BLE001  # whatever it is, it holds up none of the others
        logger.error("notice %s, row %s cannot be written: %s", row.notice, row.pk, type(error).__name__)  # noqa: TRY400
        _end(row, State.FAILED, "cannot be written")
        return None


def _begin(row: Notification) -> bool:
    """Write down that sending begins; say False if the lease has run out and somebody else may have the row."""
    now = timezone.now()
    mine = Notification.objects.filter(pk=row.pk, lease=row.lease, state__in=WAITING, lease_until__gt=now)
    row.attempts += 1
    return bool(mine.update(state=State.ATTEMPTING, attempts=row.attempts, lease_until=now + LEASE))


# --- afterwards ---------------------------------------------------------------------------------------------------
def _left_behind() -> Iterator[Notification]:
    yield from Notification.objects.left_behind(timezone.now()).with_keys()


def _settle(row: Notification, outcome: Outcome) -> bool:
    """Write down what came of an attempt; say whether the row was still ours to settle."""
    result, code = outcome.result, outcome.code
    if result is Result.SENT:
        return _end(row, State.SENT)
    if result is Result.DEAD:
        return _dead(row, code)
    if result is Result.REFUSED:
        return _end(row, State.FAILED, code)
    if result is Result.UNCLEAR and not _is_always_sent(row):
        return _end(row, State.UNCERTAIN, code)
    now = timezone.now()
    if backoff.is_too_late(row.created_at, now):
        return _end(row, State.UNCERTAIN if result is Result.UNCLEAR else State.FAILED, code)
    return _put_off(row, code, backoff.next_try(row.attempts, now))


def _is_always_sent(row: Notification) -> bool:
    try:
        return notice_of(row.notice).category.is_always_sent
    except UnknownNotice:
        return False


def _dead(row: Notification, code: str) -> bool:
    with transaction.atomic():
        suppress(_address_of(row, notice_of(row.notice), row.member), Suppression.Reason.BOUNCED, code)
        return _end(row, State.UNREACHABLE, code)


def _end(row: Notification, state: State, reason: str = "") -> bool:
    """Settle a row for good. Only what may be tried again keeps what it was filled with, and where it goes."""
    is_kept = state in (State.FAILED, State.UNREACHABLE) and reason != TOO_LATE
    forgotten = {} if is_kept else {"parameters": None, "address": None}
    return _move(row, reason, state=state, settled_at=timezone.now(), **forgotten)


def _put_off(row: Notification, reason: str, until: datetime) -> bool:
    return _move(row, reason, state=State.DEFERRED, due_at=until)


def _move(row: Notification, reason: str, **values: Any) -> bool:
    mine = Notification.objects.filter(pk=row.pk, lease=row.lease, settled_at=None)
    return bool(mine.update(lease=None, lease_until=None, reason=reason[:MOST_OF_A_REASON], **values))
