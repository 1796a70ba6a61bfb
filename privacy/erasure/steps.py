"""What each step of an erasure does. All of them can be done twice without harm."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from catalogue.registry import personal_data_of, stores
from encryption.keys import KeyDestroyed, create_data_key, destroy_data_key
from notifications import farewells
from notifications.suppression import lift
from privacy.holds import holding_until
from privacy.models import ErasureRequest, ErasureStep
from privacy.notices import ACCOUNT_ERASED
from security.last_use import forget_last_use
from security.sessions import end_sessions

from . import certificate, recalling, rows, withholding
from .parts import Held, NotYet, parts

LOOKS_EVERY = timedelta(minutes=1)
State = ErasureStep.State
Doing = Callable[[ErasureStep, datetime], None]


def do(step: ErasureStep, now: datetime) -> None:
    """Do what ``step`` is called after. Raises Held, NotYet, and whatever is in the way."""
    kind, _colon, _name = step.name.partition(":")
    if kind not in STEPS:
        raise LookupError("no such step")
    STEPS[kind](step, now)


def put_address_aside(step: ErasureStep, now: datetime) -> None:
    """Keep the address for the certificate under a key of the request, and forget what spoke against writing there.

    It stays unknown where it cannot be read, or was never confirmed: then nobody is told. Nor is who was erased before.
    """
    member: Any = get_user_model()._base_manager.filter(pk=_member_of(step)).first()
    address = getattr(member, "email", None)
    if not isinstance(address, str):
        return
    lift(address)  # a mailbox that joins anew inherits nothing
    if member.email_verified_at is None or step.request.origin == ErasureRequest.Origin.AGAIN:
        return
    try:
        create_data_key(step.request_id)
    except KeyDestroyed:  # mailed before a backup was restored
        return
    farewells.put_aside(ACCOUNT_ERASED, address, key=step.request_id)


def put_held_aside(step: ErasureStep, now: datetime) -> None:
    """Seal anew what the law forbids to erase, so that it alone stays readable when the key is gone."""
    withholding.withhold(step.request, now)


@transaction.atomic
def destroy_key(step: ErasureStep, now: datetime) -> None:
    """Destroy the member's data key: at once nobody can read what it sealed, wherever a copy lies.

    Whoever approves a hold at this moment was before, and is waited for, or comes too late.
    """
    request = ErasureRequest.objects.select_for_update().get(pk=step.request_id)
    withholding.withhold(request, now)
    destroy_data_key(_member_of(step))


def end_every_session(step: ErasureStep, now: datetime) -> None:
    """Sign them out everywhere, and forget what the cache knows of it."""
    forget_last_use(_member_of(step))
    end_sessions(_member_of(step))


def drop_notices(step: ErasureStep, now: datetime) -> None:
    """Let nothing that waits be told to them any more."""
    farewells.drop_waiting(_member_of(step))


@transaction.atomic
def count_rows(step: ErasureStep, now: datetime) -> None:
    """Write down how many rows there are of each model, for the certificate. Where there are none, all is done.

    Counted once: a later count would miss what is gone already.
    """
    for each in step.request.steps.filter(name__startswith="data:", rows=None):
        each.rows = rows.about(personal_data_of(_rest(each)), _member_of(step)).count()
        if not each.rows:
            each.state, each.done_at = State.DONE, now
        each.save(update_fields=["rows", "state", "done_at"])


def erase_store(step: ErasureStep, now: datetime) -> None:
    """Erase what a store outside the database holds."""
    store = next(store for store in stores() if store.name == _rest(step))
    if store.erase is not None:
        store.erase(_member_of(step))


def erase_rows(step: ErasureStep, now: datetime) -> None:
    """Erase what one model holds, and the key of what was held of it."""
    _unless_held(step, _rest(step), now)
    rows.remove(_rest(step), _member_of(step))
    _drop_key(step)


def erase_part(step: ErasureStep, now: datetime) -> None:
    """Erase a part of what makes the member known."""
    part = next(part for part in parts() if part.name == _rest(step))
    _unless_held(step, part.model, now)
    part.erase(_member_of(step))
    _drop_key(step)


def erase_row(step: ErasureStep, now: datetime) -> None:
    """Delete the member's own row, once nothing is held that hangs on it. With it goes the last that names them."""
    held = step.request.steps.filter(state=State.HELD).exclude(pk=step.pk).order_by("due_at").last()
    if held is not None:
        raise Held(held.due_at)
    member_id = step.request.member_id
    if member_id is not None:
        ErasureRequest.objects.filter(member=member_id).exclude(kept_at=None).delete()
        rows.remove(get_user_model()._meta.label, member_id)


def certify(step: ErasureStep, now: datetime) -> None:
    """Write the certificate, and have it sent."""
    certificate.issue(step.request, now)


def forget_address(step: ErasureStep, now: datetime) -> None:
    """Forget where the certificate went, once it has left or cannot."""
    if not farewells.has_ended(step.request_id):
        raise NotYet(now + LOOKS_EVERY)
    farewells.forget(step.request_id)
    destroy_data_key(step.request_id)


STEPS: dict[str, Doing] = {
    "recall": recalling.tell,
    "address": put_address_aside,
    "withholding": put_held_aside,
    "key": destroy_key,
    "sessions": end_every_session,
    "notices": drop_notices,
    "count": count_rows,
    "store": erase_store,
    "data": erase_rows,
    "part": erase_part,
    "row": erase_row,
    "certificate": certify,
    "farewell": forget_address,
}


def _rest(step: ErasureStep) -> str:
    return step.name.partition(":")[2]


def _member_of(step: ErasureStep) -> int:
    """Return the number of who is erased. Raises LookupError when they are gone: no step before the last needs them."""
    if step.request.member_id is None:
        raise LookupError("nobody is here any more")
    return step.request.member_id


def _unless_held(step: ErasureStep, label: str, now: datetime) -> None:
    until = holding_until(_member_of(step), label, now)
    if until is not None:
        raise Held(until)


def _drop_key(step: ErasureStep) -> None:
    if ErasureStep.objects.filter(pk=step.pk, has_key=True).exists():
        destroy_data_key(step.pk)
