"""What happened to the security of an account: written down, and told to its member where they should know at once."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from encryption.fields import SealedQuerySet

from . import alerts
from .allowances import Limit, take
from .browsers import browser_with
from .models import Browser, Event, Kind, SignIn
from .observing import Observation

NOWHERE = Observation()
KEPT = timedelta(days=90)
JUST_NOW = timedelta(minutes=10)
PAGE = 30
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The moment in microseconds, and the number of the row where there are several of one moment.
_PLACE = re.compile(r"([0-9]{1,16})-([0-9]{1,18})\Z", re.ASCII)
SIGN_INS = (Kind.SIGNED_IN, Kind.NEW_BROWSER, Kind.NEW_NETWORK)
# Whoever tries passwords all day long is one piece of news a day.
TOLD_OF_FAILURES = Limit("told of failures", burst=1, every=timedelta(days=1))


@transaction.atomic
def happened(member: Any, kind: Kind, *, seen: Observation = NOWHERE) -> Event:
    """Write down that ``kind`` happened to ``member``, and what was observed of who did it.

    Whether the member is told at once, and by which mail, belongs to the kind and not to the caller.
    """
    event: Event = Event.objects.create(
        member=member,
        kind=kind,
        device=seen.device,
        network=seen.network,
        browser=browser_with(seen.cookie, member),
        is_alert=kind in alerts.KINDS,
    )
    if kind in alerts.BY_MAIL_ALONE or (event.is_alert and kind not in alerts.WITH_A_MAIL_OF_THEIR_OWN):
        alerts.mail(event)
    return event


def alert_of_failures(member: Any, seen: Observation) -> None:
    """Tell ``member`` that somebody tries passwords or codes: once a day, however many they try."""
    if take(TOLD_OF_FAILURES, member.pk) is None:
        happened(member, Kind.MANY_FAILURES, seen=seen)


def has_just_happened(member: Any, kind: Kind) -> bool:
    """Say whether ``kind`` has happened to ``member`` a few minutes ago."""
    return Event.objects.filter(member=member, kind=kind, at__gt=timezone.now() - JUST_NOW).exists()


def has_signed_in(member: Any) -> bool:
    """Say whether anything is left of an earlier sign-in."""
    known = Browser.objects.filter(member=member).exists()
    return known or Event.objects.filter(member=member, kind__in=SIGN_INS).exists()


def knows_network(member: Any, network: str | None) -> bool:
    """Say whether ``member`` has signed in from a network of late. What is not known is no news, nor is the first."""
    since = timezone.now() - KEPT
    rows = [
        *SignIn.objects.filter(member=member, seen_at__gt=since).opened("network"),
        *Event.objects.filter(member=member, kind__in=SIGN_INS, at__gt=since).opened("network"),
    ]
    known = {found for _member, found in rows if isinstance(found, str)}
    return network is None or not known or network in known


# --- the page of events -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Page:
    """One page of events, newest first; ``after`` starts the next one, if there is one."""

    events: list[Event]
    after: str | None


def page_of(member: Any, after: str = "") -> Page:
    """Return a page of what happened to ``member`` of late, older than ``after`` says."""
    found = Event.objects.filter(_older_than(after), member=member, at__gt=timezone.now() - KEPT).order_by("-at", "-pk")
    rows = list(found.with_keys()[: PAGE + 1])
    here = rows[:PAGE]
    return Page(here, _place_of(here[-1]) if len(rows) > PAGE else None)


def since(member: Any, moment: datetime) -> "SealedQuerySet[Event]":
    """Return what happened to ``member`` from ``moment`` on, newest first."""
    return Event.objects.filter(member=member, at__gte=moment).order_by("-at", "-pk").with_keys()


def _place_of(event: Event) -> str:
    return f"{(event.at - EPOCH) // timedelta(microseconds=1)}-{event.pk}"


def _older_than(place: str) -> Q:
    """Return the condition for what comes after a place in the list. One that is no place is the beginning."""
    written = _PLACE.match(place)
    if written is None:
        return Q()
    at, number = EPOCH + timedelta(microseconds=int(written[1])), int(written[2])
    return Q(at__lt=at) | Q(at=at, pk__lt=number)
