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

import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from .channels import sms
from .channels.email import Mailbag
from .gathering import advance, sending
from .letters import TextMessage
from .models import WAITING, Notification, Stage, State
from .notices import UnknownNotice, notice_of
from .outcomes import Outcome, Result
from .preparing import Message, prepare
from .settling import end, settle

LEASE = timedelta(seconds=60)
BATCH = 20
# Shorter than what a broker waits before it hands a task out again.
SHIFT = timedelta(minutes=5)
KILLED = Outcome(Result.UNCLEAR, "killed")


def deliver(shift: timedelta = SHIFT) -> int:
    """Send what is due until nothing is, or the ``shift`` is over; return how many rows were moved."""
    ends, moved = time.monotonic() + shift.total_seconds(), 0
    moved += sum(settle(row, KILLED) for row in left_behind())
    with Mailbag() as mailbag:
        while time.monotonic() < ends:
            rows = claim(timezone.now())
            for row in rows:
                attempt(row, mailbag)
            moved += len(rows)
            if not advance(timezone.now()) and not rows:
                break
    return moved


def claim(now: datetime) -> list[Notification]:
    """Take the next few that are due for a short while; nobody else gets them meanwhile."""
    lease = uuid.uuid4()
    with transaction.atomic():
        ids = _due(now)
        Notification.objects.filter(pk__in=ids).update(lease=lease, lease_until=now + LEASE)
    mine = Notification.objects.filter(lease=lease, state__in=WAITING).order_by(
        F("campaign").asc(nulls_first=True), "due_at", "pk"
    )
    return list(mine.select_related("campaign").with_keys()) if ids else []


def _due(now: datetime) -> list[int]:
    """Return the numbers of the next few that are due. What concerns one member never waits for a campaign."""
    ids: list[int] = []
    for campaign in (None, *sending()):
        due = Notification.objects.due(now, campaign)
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        ids += due.values_list("pk", flat=True)[: BATCH - len(ids)]
        if len(ids) == BATCH:
            break
    return ids


def attempt(row: Notification, mailbag: Mailbag) -> None:
    """Send one row that was claimed, unless something has come in between."""
    try:
        notice = notice_of(row.notice)
    except UnknownNotice:
        end(row, State.FAILED, "unknown notice")
        return
    # Written down before it is looked at once more: who declines in between waits for what stands here.
    message = prepare(row, notice) if begin(row) else None
    if message is not None:
        settle(row, _hand_over(message, mailbag))


def begin(row: Notification) -> bool:
    """Write down that sending begins; say False if the lease has run out and somebody else may have the row."""
    now = timezone.now()
    mine = Notification.objects.filter(pk=row.pk, lease=row.lease, state__in=WAITING, lease_until__gt=now)
    if row.campaign_id is not None:
        mine = mine.filter(campaign__stage=Stage.SENDING)  # paused, it stays where it is
    row.attempts += 1
    return bool(mine.update(state=State.ATTEMPTING, attempts=row.attempts, lease_until=now + LEASE))


def left_behind() -> Iterator[Notification]:
    """Yield the rows whose worker went away in the middle of sending."""
    yield from Notification.objects.left_behind(timezone.now()).select_related("campaign").with_keys()


def _hand_over(message: Message, mailbag: Mailbag) -> Outcome:
    return sms.send(message) if isinstance(message, TextMessage) else mailbag.send(message)
