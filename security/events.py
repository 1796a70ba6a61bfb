"""The record of what happened to the security of an account."""

from typing import Any

from .models import Event, Kind
from .observing import Observation

NOWHERE = Observation()


def record(member: Any, kind: Kind, *, seen: Observation = NOWHERE) -> Event:
    """Write down that ``kind`` happened to ``member``, and what was observed of who did it."""
    event: Event = Event.objects.create(member=member, kind=kind, device=seen.device, network=seen.network)
    return event
