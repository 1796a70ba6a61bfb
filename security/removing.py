"""Second steps that a mailed *This was not me* takes away: not at once, but a day later, if nobody uses them.

Who reads a mailbox could otherwise take a young second step away and sign in. And who broke in and added a passkey of
their own could otherwise sign in with it again. So until then the steps in question still have to be done, but open
nothing without the new password; and whoever signs in with that and one of them keeps that one: the others may be
somebody else's. Those of staff go to nobody's mailbox: they wait in the same way until they are used, and are never
taken away.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from . import events
from .models import AuthenticatorApp, Kind, Passkey, RecoveryCodes, StepRemoval
from .observing import Observation
from .sessions import end_sessions
from .steps import second_steps

AFTER = timedelta(hours=24)
MODELS: tuple[Any, ...] = (AuthenticatorApp, Passkey, RecoveryCodes)


def begin(member: Any, since: datetime) -> StepRemoval | None:
    """Put the steps that ``member`` has added since into question; return None if there are none.

    What was put into question before stays so, and the day begins anew: nothing goes sooner for being asked twice.
    """
    now = timezone.now()
    known = StepRemoval.objects.filter(member=member).first()
    since = min(since, known.added_from) if known else since
    if not added_between(member, since, now):
        return None
    due_at = None if member.is_staff else now + AFTER
    removal, _made = StepRemoval.objects.update_or_create(
        member=member, defaults={"added_from": since, "asked_at": now, "due_at": due_at}
    )
    return removal


def at_once(member: Any, since: datetime) -> StepRemoval | None:
    """Take away what ``member`` has added since. What was put into question by mail is settled with it.

    Staff keep one second step at least, here too: theirs are put into question instead, if there is no older one.
    """
    young = added_between(member, since, timezone.now())
    if member.is_staff and young and all(step.created_at >= since for step in second_steps(member)):
        return begin(member, since)
    gone = [steps.delete()[0] for steps in _steps(member, since, timezone.now())]
    StepRemoval.objects.filter(member=member, added_from__gte=since).delete()
    if any(gone):
        _tidy_up(member)
    return None


def pending(member: Any) -> StepRemoval | None:
    """Return what is in question for ``member``."""
    return StepRemoval.objects.filter(member=member).first()


def added_between(member: Any, since: datetime, until: datetime) -> list[Any]:
    """Return the steps that ``member`` added between two moments, recovery codes included."""
    return [step for steps in _steps(member, since, until) for step in steps if step.confirmed]


def questioned(removal: StepRemoval) -> list[Any]:
    """Return the steps that are in question."""
    return [step for steps in _questioned(removal) for step in steps if step.confirmed]


def is_in_question(step: Any) -> bool:
    """Say whether ``step`` opens nothing without the password for now."""
    return _about(step).exists()


@transaction.atomic
def was_used(step: Any, *, seen: Observation) -> None:
    """Keep ``step``, if it was in question and was used beside the password. The others stay so."""
    removal = _about(step).select_for_update().first()
    if removal is None:
        return
    type(step)._default_manager.filter(pk=step.pk).update(kept_at=timezone.now())
    if questioned(removal):
        events.happened(removal.member, Kind.STEPS_KEPT, seen=seen)
    else:
        keep(removal, seen=seen)


@transaction.atomic
def keep(removal: StepRemoval, *, seen: Observation) -> None:
    """Keep all steps that were in question."""
    if StepRemoval.objects.filter(pk=removal.pk).delete()[0]:
        events.happened(removal.member, Kind.STEPS_KEPT, seen=seen)


def carry_out(now: datetime) -> int:
    """Take away what has been in question for long enough; return for how many members. Twice does nothing more."""
    due = StepRemoval.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)
    return sum(_carry_out(removal_id, now) for removal_id in list(due))


@transaction.atomic
def _carry_out(removal_id: int, now: datetime) -> bool:
    # The member first, as everybody does who comes by here: two who wait for each other would wait for ever.
    whose = StepRemoval.objects.filter(pk=removal_id).values("member")
    member = get_user_model()._default_manager.select_for_update().filter(pk__in=whose).first()
    removal = StepRemoval.objects.select_for_update().filter(pk=removal_id, due_at__lte=now).first()
    if member is None or removal is None:
        return False  # kept at the last moment
    if member.is_staff:
        StepRemoval.objects.filter(pk=removal.pk).update(due_at=None)  # they became staff meanwhile
        return False
    gone = [steps.delete()[0] for steps in _questioned(removal)]
    removal.delete()
    if not any(gone):
        return False  # the member was faster
    end_sessions(member)
    _tidy_up(member)
    return True


def _tidy_up(member: Any) -> None:
    """Do what follows when second steps of ``member`` have been taken away."""
    if not second_steps(member):
        RecoveryCodes.objects.filter(user=member).delete()  # they would stand in for nothing
    events.happened(member, Kind.FACTOR_REMOVED)


def _steps(member: Any, since: datetime, until: datetime) -> "Iterator[QuerySet[Any]]":
    return (model._default_manager.filter(user=member, created_at__range=(since, until)) for model in MODELS)


def _questioned(removal: StepRemoval) -> "Iterator[QuerySet[Any]]":
    kept = Q(kept_at__gte=removal.asked_at)
    return (steps.exclude(kept) for steps in _steps(removal.member, removal.added_from, removal.asked_at))


def _about(step: Any) -> "QuerySet[StepRemoval]":
    was_there = Q(added_from__lte=step.created_at, asked_at__gte=step.created_at)
    about = StepRemoval.objects.filter(was_there, member=step.user_id)
    return about.filter(asked_at__gt=step.kept_at) if step.kept_at else about
