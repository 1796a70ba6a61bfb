"""Taking the steps of an erasure, one after the other, by whoever is there.

A step is taken with a short lease, and that it is, is written down before. Whoever is killed leaves it to the next when
the lease runs out. What fails is tried again, later and later, and holds up no other request.
"""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from encryption.overwriting import empty_write_ahead_log
from privacy.models import ErasureRequest, ErasureStep

from . import plan, recalling, steps
from .parts import Held, NotYet

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)
State = ErasureStep.State


def carry_out_due(now: datetime) -> int:
    """Go on with everything that is due at ``now``; return how many members were erased. Twice does no harm."""
    due = ErasureRequest.objects.due(now).order_by("due_at", "pk")
    return sum(_carry_out_alone(number, now) for number in list(due.values_list("pk", flat=True)))


def _carry_out_alone(number: int, now: datetime) -> bool:
    """Carry out one; whatever is in the way of that holds up no other, and is tried again at the next turn."""
    try:
        return carry_out(number, now)
    except Exception as error:  # noqa: BLE001
        logger.error("request for erasure %s cannot be carried out: %s", number, type(error).__name__)  # noqa: TRY400
        return False


def carry_out(number: int, now: datetime) -> bool:
    """Take every step of a request that can be taken at ``now``; say whether its member came to be erased by that."""
    if not plan.begin(number, now):
        return False
    while (step := claim(number, now)) is not None:
        take(step, now)
    return _conclude(number)


# --- one step -----------------------------------------------------------------------------------------------------
def claim(number: int, now: datetime) -> ErasureStep | None:
    """Take the next step of a request for a short while; None if there is none now. The attempt counts already."""
    with transaction.atomic():
        waiting = ErasureStep.objects.filter(request=number).order_by("stage", "position")
        if connection.features.has_select_for_update:
            waiting = waiting.select_for_update(of=("self",) if connection.features.has_select_for_update_of else ())
        step = _next(list(waiting.select_related("request")), max(now, timezone.now()))
        if step is None:
            return None
        step.lease, step.lease_until = uuid.uuid4(), timezone.now() + LEASE
        step.state, step.attempts = State.RUNNING, step.attempts + 1
        step.save(update_fields=["lease", "lease_until", "state", "attempts"])
    return step


def _next(found: Sequence[ErasureStep], now: datetime) -> ErasureStep | None:
    """Return the first step that can be taken. One waits for all of every earlier stage, but for no recipient."""
    in_the_way = min((each.stage for each in found if each.stage and not each.has_passed), default=plan.FAREWELL)
    for step in found:
        if step.stage <= in_the_way and _is_free(step, now):
            return step
    return None


def _is_free(step: ErasureStep, now: datetime) -> bool:
    if step.state == State.RUNNING:
        return step.lease_until is not None and step.lease_until <= now
    return step.state != State.DONE and step.due_at <= now


def take(step: ErasureStep, now: datetime) -> None:
    """Do what a claimed step says, and write down what came of it."""
    moment = max(now, timezone.now())
    try:
        steps.do(step, moment)
    except Held as held:
        _settle(step, State.HELD, due_at=held.until)
    except NotYet as wait:
        _settle(step, _unanswered(step, moment, State.WAITING), due_at=wait.until)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again and shown to staff
        what = (step.position, step.request_id, type(error).__name__)
        logger.error("step %s of request %s failed: %s", *what)  # noqa: TRY400
        failed = _unanswered(step, moment, State.FAILED)
        _settle(step, failed, error=type(error).__name__[:60], due_at=moment + _pause(step))
    else:
        _settle(step, State.DONE, done_at=timezone.now())


def _unanswered(step: ErasureStep, now: datetime, otherwise: State) -> State:
    is_late = step.stage == plan.RECIPIENTS and recalling.is_overdue(step, now)
    return State.ESCALATED if is_late else otherwise


def _pause(step: ErasureStep) -> timedelta:
    """Return how long to wait after a failure: longer each time; recipients are asked daily."""
    if step.stage == plan.RECIPIENTS:
        return recalling.EVERY
    return min(FIRST_RETRY * 2 ** min(step.attempts - 1, 10), LAST_RETRY)


def _settle(step: ErasureStep, state: State, **values: object) -> None:
    """Write down what came of a step, unless somebody else has taken it meanwhile."""
    mine = ErasureStep.objects.filter(pk=step.pk, lease=step.lease, state=State.RUNNING)
    mine.update(**{"error": "", "lease": None, "lease_until": None, "state": state, **values})


# --- the whole ----------------------------------------------------------------------------------------------------
def _conclude(number: int) -> bool:
    """Write down how far a request has come; say whether its member came to be erased just now."""
    open_steps = ErasureStep.objects.filter(request=number).exclude(state=State.DONE)
    request = ErasureRequest.objects.filter(pk=number)
    now = timezone.now()
    in_the_way = open_steps.exclude(state=State.HELD).filter(stage__gt=0, stage__lte=plan.ROW)
    is_erased = not in_the_way.exists() and bool(request.filter(erased_at=None).update(erased_at=now))
    if not open_steps.exists():
        request.filter(done_at=None).update(done_at=now)
    if is_erased:
        # What was in the open must not lie on in SQLite's log.
        empty_write_ahead_log("default")
    return is_erased


def try_again(number: int) -> int:
    """Have the steps of a request that failed, or whose recipients are silent, taken at the next turn; say how many."""
    return ErasureStep.objects.filter(request=number).stuck().update(due_at=timezone.now())
