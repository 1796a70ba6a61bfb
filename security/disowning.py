"""*This was not me*: whoever it was is put out, and what they did is undone as far as it can be."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from . import events, removing
from .allowances import Limit
from .former_password import withdraw_password
from .models import Browser, Event, Interrupted, Kind, Token
from .observing import Observation
from .sessions import end_sessions
from .tokens import NEW_PASSWORD, NOT_ME, withdraw

Undo = Callable[[Any, datetime], object]

# Counted apart: whoever presses in a session does not use up what the owner has with a mailed link.
PRESSED = Limit("not me", burst=10, every=timedelta(minutes=6))
PRESSED_HERE = Limit("not me, from a session", burst=10, every=timedelta(minutes=6))
MOST_SHOWN = 50
# A second step or an address is begun some time before it counts, and what was begun belongs to it.
BEGUN_BEFORE = timedelta(hours=1)
_undos: list[Undo] = []


def register_undo(undo: Undo) -> Undo:
    """Have ``undo(member, since)`` called when a member says that it was not them; return it.

    It takes back what was changed from ``since`` on, in the transaction of everything else, and a second time does
    nothing more. For the storeys above, which know of things that are not known here.
    """
    if undo not in _undos:
        _undos.append(undo)
    return undo


def since(event: Event) -> datetime:
    """Return from when on it was somebody else, as far as ``event`` tells."""
    return event.at if event.kind in events.SIGN_INS else event.at - BEGUN_BEFORE


def done_since(event: Event) -> list[Event]:
    """Return what has happened to the account since then, newest first."""
    return list(events.since(event.member, since(event))[:MOST_SHOWN])


@transaction.atomic
def disown(
    event: Event, *, begun: datetime | None = None, from_session: bool = False, seen: Observation = events.NOWHERE
) -> None:
    """End every session, forget every browser, make the password worthless, and undo what was done since ``begun``.

    It is said by a mailed link, unless ``from_session``: who only reads the mailbox puts second steps into question,
    and takes none away at once. The member is told by mail that it was said.
    """
    begun = begun or since(event)
    # Whatever is being added at this moment is there afterwards, or waits until this is over.
    member = get_user_model()._default_manager.select_for_update().get(pk=event.member_id)
    withdraw_password(member)
    end_sessions(member)
    Browser.objects.filter(member=member).delete()
    Interrupted.objects.filter(member=member).delete()
    remove = removing.at_once if from_session else removing.begin
    are_in_question = remove(member, begun) is not None
    for undo in _undos:
        undo(member, begun)
    _kill_links(event, begun, from_session=from_session)
    now = timezone.now()
    Event.objects.filter(member=member, is_alert=True, answered_at=None).update(answered_at=now)
    Event.objects.filter(pk=event.pk).update(disowned_at=now)
    events.happened(member, Kind.NOT_ME_STEPS if are_in_question else Kind.NOT_ME, seen=seen)


def _kill_links(event: Event, begun: datetime, *, from_session: bool) -> None:
    """Make links worthless that were mailed since ``begun``, or to set a new password: somebody else may have them.

    The one about this event goes on to a new password. Links about earlier events stay: who has taken over an address
    must not put out of reach what was mailed to its owner before. Nor must who is in a session, so from there all
    links of *This was not me* stay that were mailed before the address changed.
    """
    withdraw(event.member, NEW_PASSWORD)
    later = Token.objects.filter(Q(event=None) | Q(event__at__gte=begun), member=event.member)
    if from_session:
        moves = Event.objects.filter(member=event.member, kind=Kind.EMAIL_CHANGED, at__gte=begun)
        moved = moves.order_by("at").values_list("at", flat=True).first() or timezone.now()
        later.exclude(purpose=NOT_ME, event__at__lte=moved).delete()
    else:
        later.exclude(purpose=NOT_ME, event=event).delete()
