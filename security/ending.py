"""Ends of sessions that a member asks for, written down in the same transaction."""

from typing import Any

from django.db import transaction

from . import events, sessions
from .models import Kind, SignIn
from .observing import Observation


@transaction.atomic
def end_others(member: Any, *, here: str | None, seen: Observation) -> int:
    """End every session of ``member`` but the one with the key ``here``; return how many. None is no event."""
    ended = sessions.end_sessions(member, except_key=here)
    if ended:
        events.happened(member, Kind.SESSIONS_ENDED, seen=seen)
    return ended


@transaction.atomic
def end_one(sign_in: SignIn, *, seen: Observation) -> None:
    """End what began with one sign-in."""
    member = sign_in.member
    sessions.end_session(sign_in)
    events.happened(member, Kind.SESSIONS_ENDED, seen=seen)
