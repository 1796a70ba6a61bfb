"""Alerts on the pages of a member, until they say whether it was them.

**Who may say so.** A thief who has just signed in would press *It was me*. So the browser in which a thing happened
never answers for it, and neither does one in which the member has not signed in. Another browser of theirs does, if it
was signed in before the thing happened, or has just shown who it is; but none that is new itself and has waited for an
answer for less than a week, or a thief with two would clear each in the other. That it was *not* them, anybody may say
who shows who they are: it takes nothing away that the password would not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from .browsers import known_browser
from .meanings import MEANINGS, Meaning
from .models import Browser, Event, Kind, SignIn
from .observing import in_words
from .sessions import SIGN_IN

WEEK = timedelta(days=7)
# Where alerts stand anyway, or are being dealt with.
THEIR_OWN_PAGES = {"security:events", "security:not-me", "security:not-me-here"}
OWN_WORDS = {
    Kind.NOT_ME,
    Kind.NOT_ME_STEPS,
    Kind.STEPS_KEPT,
    Kind.GAVE_AWAY,
    Kind.STEPS_SEEN,
    Kind.CONTACT_SEEN,
    Kind.AUDIENCES_SEEN,
    Kind.ROLES_CHANGED,
}


@dataclass(frozen=True)
class Told:
    """An event as its member is told of it.

    ``waits`` if an answer is still to come from a browser of theirs; ``is_answerable`` if this one may give it.
    """

    event: Event
    place: str
    meaning: Meaning
    waits: bool
    is_answerable: bool

    @property
    def may_be_disowned(self) -> bool:
        """Say whether somebody else can have done it: what the member has just said themself is not asked about."""
        return self.event.kind not in OWN_WORDS


@dataclass(frozen=True)
class Alert:
    """The newest alert without an answer, and how many more there are."""

    told: Told
    more: int


def alert_for(request: HttpRequest) -> Alert | None:
    """Return what a page tells its member, if anything: one alert, since a wall of them would hide the page.

    A browser is told of what happened in others. What happened in itself it knows, and it could not answer for it.
    """
    if request.resolver_match and request.resolver_match.view_name in THEIR_OWN_PAGES:
        return None
    waiting = Event.objects.filter(member=request.user.pk, is_alert=True, answered_at=None)
    if not waiting.exists():
        return None
    here = known_browser(request, request.user)
    elsewhere = waiting.filter(Q(browser=None) | ~Q(browser=here)) if here else waiting
    newest = elsewhere.order_by("-at", "-pk").with_keys().first()
    return Alert(told(newest, answering(here)), elsewhere.count() - 1) if newest else None


def answering_browser(request: HttpRequest) -> Browser | None:
    """Return the browser of the request, if it may answer for others."""
    return answering(known_browser(request, request.user))


def answering(here: Browser | None) -> Browser | None:
    """Return a known browser if it may answer for others: one that is not new itself."""
    since = timezone.now() - WEEK
    strange = Event.objects.filter(browser=here, kind=Kind.NEW_BROWSER, is_alert=True, answered_at=None, at__gt=since)
    return None if here is None or strange.exists() else here


def told(event: Event, here: Browser | None, *, read_in: Browser | None = None) -> Told:
    """Return an event as it is told where ``here`` is the browser that answers, if there is one.

    What happened in the browser it is ``read_in`` waits for nothing: whoever is there knows, and cannot answer for it.
    """
    is_open = event.is_alert and event.answered_at is None
    waits = is_open and (read_in is None or read_in.pk != event.browser_id)
    return Told(event, in_words(event.network), MEANINGS[event.kind], waits, is_open and is_other(event, here))


def is_other(event: Event, here: Browser | None) -> bool:
    """Say whether ``here`` is a browser of the member's, and not the one in which it happened."""
    return here is not None and here.pk != event.browser_id


def answer(event: Event) -> None:
    """Write down that it was the member."""
    Event.objects.filter(pk=event.pk, answered_at=None).update(answered_at=timezone.now())


def began(request: HttpRequest) -> datetime:
    """Return since when somebody is signed in here; now, if that is not known."""
    number: Any = request.session.get(SIGN_IN)
    row = SignIn.objects.filter(pk=number, member=request.user.pk).first() if number else None
    return row.started_at if row else timezone.now()
