"""The second steps of a member: which there are, what they are called, and how they come and go."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django_otp import devices_for_user

from . import events
from .models import AuthenticatorApp, Kind, Passkey, RecoveryCodes
from .observing import Observation
from .sessions import end_sessions

# The word for each kind in an address.
KINDS: dict[str, Any] = {"app": AuthenticatorApp, "passkey": Passkey}
LONGEST_NAME = 64


class LastStep(Exception):
    """Staff keep one second step at least."""


def second_steps(member: Any) -> list[Any]:
    """Return the confirmed second steps of ``member``, recovery codes left out: they stand in for the others."""
    return [device for device in devices_for_user(member) if not isinstance(device, RecoveryCodes)]


def has_second_step(member: Any) -> bool:
    """Say whether signing in takes ``member`` a second step."""
    return any(model.objects.filter(user=member, confirmed=True).exists() for model in KINDS.values())


def must_add_step(member: Any) -> bool:
    """Say whether ``member`` is staff without a second step: nothing is open to them but the way to one."""
    return bool(member.is_staff) and not has_second_step(member)


def kind_of(step: Any) -> str:
    """Return the word for a step in an address."""
    return next(word for word, model in KINDS.items() if isinstance(step, model))


def find_step(member: Any, kind: str, step_id: int) -> Any:
    """Return a step of ``member``; None if they have none of that id."""
    model = KINDS.get(kind)
    return model and model.objects.filter(user=member, confirmed=True, pk=step_id).first()


def rename_step(step: Any, name: str) -> None:
    """Store another name for ``step``, as long as ``LONGEST_NAME`` at most."""
    step.name = name
    step.save(update_fields=["name"])


@transaction.atomic
def remove_step(step: Any, *, here: str | None, seen: Observation) -> None:
    """Take a second step away, and end every session but the one with the key ``here``.

    With the last one go the recovery codes, which would stand in for nothing. Raises ``LastStep`` if it is the only one
    of a member of staff. Sessions that it verified are unverified at once.
    """
    # Two who remove two steps at once wait for each other here.
    member = get_user_model()._default_manager.select_for_update().get(pk=step.user_id)
    others = [each for each in second_steps(member) if each.persistent_id != step.persistent_id]
    if getattr(member, "is_staff", False) and not others:
        raise LastStep
    step.delete()
    if not others:
        RecoveryCodes.objects.filter(user=member).delete()
    end_sessions(member, except_key=here)
    events.happened(member, Kind.FACTOR_REMOVED, seen=seen)
