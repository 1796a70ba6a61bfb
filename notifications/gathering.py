"""What the worker does for a campaign: counts who is told, a slice at a time; holds back what was stopped; ends it.

Whoever is killed in between leaves a campaign that the next worker takes up where it stands: a slice and the note of
how far it went are one transaction, and nobody gets a second row for the same campaign.
"""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Count, F, Q, QuerySet, Value
from django.utils import timezone

from .audiences import audience_of
from .campaigns import fingerprint, occasion_of
from .models import OPEN, WAITING, Campaign, Notification, Stage, State
from .notices import Notice, UnknownNotice, notice_of
from .sending import stands_on_site

logger = logging.getLogger(__name__)

SLICE = 5_000
LOOKS_BACK = timedelta(minutes=5)
MOVING = (Stage.GATHERING, Stage.STOPPING, Stage.SENDING)
BACK_TO = {Stage.DONE: Stage.SENDING, Stage.STOPPED: Stage.STOPPING}


def advance(now: datetime) -> int:
    """Take every campaign one step further; return how many steps there were."""
    return _begin(now) + sum(_move_alone(number) for number in _moving())


def sending() -> list[int]:
    """Return the numbers of the campaigns of which something may leave."""
    return list(Campaign.objects.filter(stage=Stage.SENDING).order_by("?").values_list("pk", flat=True))


def totals_of(campaign: Campaign) -> dict[str, int]:
    """Return how many rows of ``campaign`` are in each state. Together they are its recipients."""
    if campaign.totals is not None:
        return {state: campaign.totals.get(state, 0) for state in State}
    rows = Notification.objects.filter(campaign=campaign.pk).values_list("state").annotate(Count("pk"))
    return dict.fromkeys(State.values, 0) | dict(rows.order_by())


def time_left(campaign: Campaign, totals: Mapping[str, int], now: datetime) -> timedelta | None:
    """Return how long what is left will take at the pace of the last minutes; None if nothing moved in them."""
    settled = Notification.objects.filter(campaign=campaign.pk, settled_at__gt=now - LOOKS_BACK).count()
    began = max(campaign.gathered_at or now, now - LOOKS_BACK)
    return (now - began) / settled * sum(totals[state] for state in OPEN) if settled else None


def go_on_with(numbers: Collection[int]) -> None:
    """Have the worker look again at campaigns that had ended: rows of theirs come to another end. In a transaction.

    It locks them first, those too that are about to end.
    """
    for campaign in Campaign.objects.select_for_update().filter(pk__in=numbers).order_by("pk"):
        if campaign.stage in BACK_TO:
            _still(campaign).update(stage=BACK_TO[Stage(campaign.stage)], ended_at=None, totals=None)


# --- steps --------------------------------------------------------------------------------------------------------
def _begin(now: datetime) -> int:
    due = Campaign.objects.filter(Q(starts_at=None) | Q(starts_at__lte=now), stage=Stage.PLANNED)
    begun = 0
    for campaign in due:
        unchanged = Campaign.objects.filter(pk=campaign.pk, stage=Stage.PLANNED, approved=campaign.approved)
        # One that was changed behind its approval never begins.
        stage = Stage.GATHERING if _is_approved(campaign) else Stage.STOPPING
        begun += unchanged.update(stage=stage, begun_at=now)
    return begun


def _is_approved(campaign: Campaign) -> bool:
    try:
        needs_approval = notice_of(campaign.notice).needs_approval
    except UnknownNotice:
        return False
    return not needs_approval or campaign.approved == fingerprint(campaign)


def _moving() -> list[int]:
    return list(Campaign.objects.filter(stage__in=MOVING).order_by("pk").values_list("pk", flat=True))


def _move_alone(number: int) -> int:
    """Take one campaign a step further; pause it if that cannot be done, so that it holds up nothing else."""
    try:
        return _move(number)
    except OperationalError:  # it passes
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, mail of others goes on
        logger.error("campaign %s cannot go on: %s", number, type(error).__name__)  # noqa: TRY400
        return Campaign.objects.filter(pk=number, stage=Stage.GATHERING).update(stage=Stage.PAUSED)


@transaction.atomic
def _move(number: int) -> int:
    """Take one campaign a step further, unless another worker is at it."""
    campaigns = Campaign.objects.filter(pk=number, stage__in=MOVING)
    if connection.features.has_select_for_update_skip_locked:
        campaigns = campaigns.select_for_update(skip_locked=True)
    campaign = campaigns.first()
    if campaign is None:
        return 0
    if campaign.stage == Stage.SENDING:
        return _end(campaign, Stage.DONE)
    return _gather(campaign) if campaign.stage == Stage.GATHERING else _hold_back(campaign)


def _gather(campaign: Campaign) -> int:
    """Write the rows of the next few members; begin to send when there are none left."""
    everybody = audience_of(campaign.audience).members().filter(joined_at__lte=campaign.begun_at)
    further = everybody.filter(pk__gt=campaign.gathered_upto).order_by("pk")
    last = further.values_list("pk", flat=True)[SLICE - 1 : SLICE].first()
    if last is None:
        values: dict[str, Any] = {"stage": Stage.SENDING, "gathered_at": timezone.now()}
    else:
        further, values = further.filter(pk__lte=last), {"gathered_upto": last}
    values["recipients"] = F("recipients") + _insert(campaign, further.order_by())
    return _still(campaign).update(**values)


def _insert(campaign: Campaign, members: QuerySet[Any]) -> int:
    """Write a row for each of ``members``, in the database alone; return how many."""
    columns = _columns(campaign, notice_of(campaign.notice))
    names = {f"row_{name}": value for name, value in columns.items()}
    rows = members.annotate(**names).values_list("pk", *names)
    sql, parameters = rows.query.sql_with_params()
    table, target = Notification._meta.db_table, ", ".join(["member_id", *columns])
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({target}) {sql} ON CONFLICT DO NOTHING", parameters)
        return int(cursor.rowcount)


def _columns(campaign: Campaign, notice: Notice) -> dict[str, Value]:
    """Return what every row of a campaign begins with, column by column."""
    now = timezone.now()
    row = Notification(
        notice=notice.slug,
        occasion=occasion_of(campaign),
        channel=notice.channels[0],
        is_on_site=stands_on_site(notice),
        campaign=campaign,
        can_wait=True,
        created_at=now,
        due_at=now,
    )
    return {
        str(field.column): Value(value, output_field=None if field.is_relation else field)
        for field in Notification._meta.concrete_fields
        if field.name != "member" and (value := getattr(row, field.attname)) is not None
    }


def _hold_back(campaign: Campaign) -> int:
    """Hold back the next few rows that have not left; end it when there are none."""
    waiting = Notification.objects.filter(campaign=campaign.pk, state__in=WAITING).values_list("pk", flat=True)[:SLICE]
    held = Notification.objects.filter(pk__in=list(waiting), state__in=WAITING).update(
        state=State.SUPPRESSED, reason="stopped", settled_at=timezone.now(), is_on_site=False
    )
    return held or _end(campaign, Stage.STOPPED)


def _end(campaign: Campaign, stage: Stage) -> int:
    if Notification.objects.filter(campaign=campaign.pk, state__in=OPEN).exists():
        return 0
    return _still(campaign).update(stage=stage, ended_at=timezone.now(), totals=totals_of(campaign))


def _still(campaign: Campaign) -> QuerySet[Campaign]:
    return Campaign.objects.filter(pk=campaign.pk, stage=campaign.stage)
