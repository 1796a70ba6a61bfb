"""The second steps of a member: which there are, and which of them counts."""

from typing import Any

from django_otp import devices_for_user

from .models import RecoveryCodes


def second_steps(member: Any) -> list[Any]:
    """Return the confirmed second steps of ``member``, recovery codes left out: they stand in for the others."""
    return [device for device in devices_for_user(member) if not isinstance(device, RecoveryCodes)]


def has_second_step(member: Any) -> bool:
    """Say whether signing in takes ``member`` a second step."""
    return bool(second_steps(member))
