"""From the outbox to where mail goes: claim, look once more, attempt, settle.

Every step is committed before the next begins, and none holds a transaction while a mail server is talked to. Whoever
is killed in between leaves a row behind whose lease runs out:

===================  ============================================================================================
killed while         what becomes of the row
===================  ============================================================================================
held (claimed)       the next worker claims it; nothing had left
attempting           nobody knows whether it left: news that is always sent goes once more, other news never does
===================  ============================================================================================
"""

import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from .channels import sms
from .channels.email import Mailbag
from .gathering import advance, sending
from .letters import TextMessage, Writer
from .looking import Looks
from .models import WAITING, Campaign, Notification, NotificationQuerySet, Stage, State
from .notices import UnknownNotice, is_always_sent, notice_of
from .outcomes import Outcome
from .preparing import Message, prepare
from .settling import KILLED, end, settle

LEASE = timedelta(seconds=60)
BATCH = 20
# Shorter than what a broker waits before it hands a task out again.
SHIFT = timedelta(minutes=5)


def deliver(shift: timedelta = SHIFT) -> int:
    """Send what is due until nothing is, or the ``shift`` is over; return how many rows were moved."""
    ends, moved, writer = time.monotonic() + shift.total_seconds(), 0, Writer()
    moved += sum(settle(row, KILLED) for row in left_behind())
    with Mailbag() as mailbag:
        while time.monotonic() < ends:
            rows = claim(timezone.now())
            attempt_all(rows, mailbag, writer)
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
    mine = Notification.objects.filter(pk__in=ids, lease=lease, state__in=WAITING).order_by(
        F("campaign").asc(nulls_first=True), "can_wait", "due_at", "pk"
    )
    # All rows of a campaign share one of it.
    return list(mine.prefetch_related("campaign").with_keys()) if ids else []


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


def attempt_all(rows: Sequence[Notification], mailbag: Mailbag, writer: Writer) -> None:
    """Send rows that were claimed, one after the other, unless something has come in between."""
    while rows:
        rows = begin_all(rows)
        looks = Looks(rows)
        rows = _attempt_while_fresh(rows, looks, mailbag, writer)


def _attempt_while_fresh(
    rows: Sequence[Notification], looks: Looks, mailbag: Mailbag, writer: Writer
) -> Sequence[Notification]:
    """Send ``rows`` by what is known of their recipients; return those that were not reached before that was old."""
    for number, row in enumerate(rows):
        if looks.are_old and number:
            return rows[number:]
        if row.state == State.ATTEMPTING or begin(row):
            attempt(row, looks, mailbag, writer)
    return ()


def attempt(row: Notification, looks: Looks, mailbag: Mailbag, writer: Writer) -> None:
    """Send one row of which is written down that it leaves, if it still may."""
    try:
        notice = notice_of(row.notice)
    except UnknownNotice:
        end(row, State.FAILED, "unknown notice")
        return
    message = prepare(row, notice, looks, writer)
    if message is not None:
        outcome = _hand_over(message, mailbag)
        settle(row, outcome)
        if isinstance(message, EmailMessage):
            looks.learn(message.to[0], outcome)


def begin_all(rows: Sequence[Notification]) -> list[Notification]:
    """Write down together that sending begins of what is always sent; return all ``rows`` but those that are lost.

    What a killed worker leaves of them goes once more, whether it had left or not. Other news would not, so it begins
    row by row. Done again for what is left of them, it holds that for longer.
    """
    together = {row.pk: row for row in rows if is_always_sent(row.notice)}
    if not together:
        return list(rows)
    now, lease = timezone.now(), next(iter(together.values())).lease
    ours = Notification.objects.filter(pk__in=together, lease=lease, lease_until__gt=now)
    _may_leave(ours.filter(state__in=WAITING)).update(
        state=State.ATTEMPTING, attempts=F("attempts") + 1, lease_until=now + LEASE
    )
    ours.filter(state=State.ATTEMPTING).update(lease_until=now + LEASE)
    begun = dict(ours.filter(state=State.ATTEMPTING).values_list("pk", "attempts"))
    for number, attempts in begun.items():
        together[number].state, together[number].attempts = State.ATTEMPTING, attempts
    return [row for row in rows if row.pk not in together or row.pk in begun]


def begin(row: Notification) -> bool:
    """Write down that sending begins; say False if the row is not ours any more, or its recipient has left."""
    now = timezone.now()
    mine = Notification.objects.filter(pk=row.pk, lease=row.lease, state__in=WAITING, lease_until__gt=now)
    row.attempts += 1
    values = {"state": State.ATTEMPTING, "attempts": row.attempts, "lease_until": now + LEASE}
    return bool(_may_leave(mine.filter(member=row.member_id)).update(**values))


def _may_leave(rows: NotificationQuerySet) -> NotificationQuerySet:
    """Leave out what belongs to a campaign that is paused: it stays where it is."""
    return rows.filter(Q(campaign=None) | Q(campaign__in=Campaign.objects.filter(stage=Stage.SENDING)))


def left_behind() -> Iterator[Notification]:
    """Yield the rows whose worker went away in the middle of sending."""
    yield from Notification.objects.left_behind(timezone.now()).select_related("campaign").with_keys()


def _hand_over(message: Message, mailbag: Mailbag) -> Outcome:
    return sms.send(message) if isinstance(message, TextMessage) else mailbag.send(message)
