"""*I gave my password to somebody*: a path of a few steps, each of which is done when the rows say so.

There is no list of ticks that could lie. A new password is one that was set since; what was looked over is not looked
over any more once it has changed again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import Event, Kind, Session
from .sessions import digest

LASTS = timedelta(days=30)
BEGINNINGS = (Kind.GAVE_AWAY, Kind.NOT_ME, Kind.NOT_ME_STEPS)
NEW_PASSWORDS = frozenset({Kind.PASSWORD_CHANGED, Kind.PASSWORD_RESET})
OF_STEPS = frozenset({Kind.FACTOR_ADDED, Kind.FACTOR_REMOVED, Kind.CODES_MADE, Kind.CODE_USED})
OF_EMAIL = frozenset({Kind.EMAIL_ASKED, Kind.EMAIL_CHANGED, Kind.EMAIL_STOPPED})
OF_PHONE = frozenset({Kind.PHONE_VERIFIED, Kind.PHONE_ADDED, Kind.PHONE_CHANGED, Kind.PHONE_REMOVED})
OF_CONTACT = OF_EMAIL | OF_PHONE
TOLD, SESSIONS, PASSWORD, STEPS, CONTACT, AUDIENCES = "told", "sessions", "password", "steps", "contact", "audiences"
TITLES = {
    TOLD: _("What happened"),
    SESSIONS: _("Sign out"),
    PASSWORD: _("New password"),
    STEPS: _("Second steps"),
    CONTACT: _("E-mail and phone"),
    AUDIENCES: _("Who sees what"),
}
# What a member says themself, and how it is written down.
SAID = {
    TOLD: Kind.GAVE_AWAY,
    STEPS: Kind.STEPS_SEEN,
    CONTACT: Kind.CONTACT_SEEN,
    AUDIENCES: Kind.AUDIENCES_SEEN,
}


@dataclass(frozen=True)
class Step:
    """One step of the path."""

    slug: str
    title: Any
    is_done: bool


def steps_of(member: Any, *, here: str | None) -> list[Step]:
    """Return the steps of ``member`` in their order, as they are seen from the session with the key ``here``."""
    begun = _begun(member)
    done = _done(member, begun, here) if begun else set()
    return [Step(slug, title, slug in done) for slug, title in TITLES.items()]


def _begun(member: Any) -> datetime | None:
    """Return when somebody last said that another knows the password, if the path of it is not over yet."""
    told = Event.objects.filter(member=member, kind__in=BEGINNINGS, at__gt=timezone.now() - LASTS).order_by("-at")
    return told.values_list("at", flat=True).first()


def _done(member: Any, begun: datetime, here: str | None) -> set[str]:
    since = Event.objects.filter(member=member, at__gte=begun).order_by("at", "pk")
    kinds = list(since.values_list("kind", flat=True))
    checks = {
        TOLD: True,
        SESSIONS: not _others_before(member, begun, here),
        PASSWORD: not NEW_PASSWORDS.isdisjoint(kinds),
        STEPS: _looked_over(kinds, Kind.STEPS_SEEN, OF_STEPS),
        CONTACT: _looked_over(kinds, Kind.CONTACT_SEEN, OF_CONTACT),
        AUDIENCES: Kind.AUDIENCES_SEEN in kinds,
    }
    return {slug for slug, is_done in checks.items() if is_done}


def _others_before(member: Any, begun: datetime, here: str | None) -> bool:
    """Say whether a browser is signed in that was so when the member said it, this one left aside."""
    open_then = Q(sign_in=None) | Q(sign_in__started_at__lte=begun)
    others = Session.objects.filter(open_then, member=member, expire_date__gt=timezone.now())
    return others.exclude(session_key=digest(here or "")).exists()


def _looked_over(kinds: Iterable[str], seen: Kind, changes: frozenset[Kind]) -> bool:
    """Say whether what was looked over has stayed as it was since."""
    last = next((kind for kind in reversed(list(kinds)) if kind == seen or kind in changes), None)
    return last == seen
