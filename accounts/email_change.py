"""Another address to sign in with: it counts once its mailbox has answered, and the former one can stop it for a week.

Who asks has just shown the password, so a link is enough for the new mailbox. Whether a new address belongs to somebody
already is told to that address alone: on the pages, and by the clock, all addresses are alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from encryption.blind_index import blind_index
from privacy.changes import record
from security import events, tokens
from security.allowances import Limit, Share, take, take_all
from security.disowning import disown, register_undo
from security.models import Event, Kind
from security.observing import Observation

from . import mail
from .models import EMAIL_CONTEXT, EmailChange, Member
from .registration import discard

PER_MEMBER = Limit("change of address, member", burst=5, every=timedelta(minutes=20))
# Counts for nobody to see: over it the page is the same, and the mailbox is spared.
PER_ADDRESS = Limit("change of address, address", burst=3, every=timedelta(hours=2))

ATTEMPTS = 3


@dataclass(frozen=True)
class UnderWay:
    """A change that waits for its new mailbox, for a page."""

    new: Any
    until: datetime


def is_own(member: Member, address: str) -> bool:
    """Say whether ``address`` is the one that ``member`` signs in with now."""
    return blind_index(EMAIL_CONTEXT, address) == bytes(member.email_index)


def under_way(member: Member) -> UnderWay | None:
    """Return the change that ``member`` has asked for and not confirmed yet, as long as its link is good."""
    lasts = settings.TOKEN_LIFETIMES[tokens.CHANGE_EMAIL]
    change = _unconfirmed(member).filter(asked_at__gt=timezone.now() - lasts).first()
    return UnderWay(change.new, change.asked_at + lasts) if change else None


def ask(member: Member, address: str, *, seen: Observation) -> None:
    """Write to the new address and to the one there is; an earlier change that is under way ends.

    Raises ``Throttled``. Whoever has the new address, the same is written down, and as many mails go out.
    """
    take_all(Share(PER_MEMBER, (member.pk,)))
    spared = take(PER_ADDRESS, address) is not None
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=member.pk)
        event = events.happened(member, Kind.EMAIL_ASKED, seen=seen)
        _unconfirmed(member).delete()
        EmailChange.objects.create(member=member, event=event, former=member.email, new=address, asked_at=event.at)
        link, stop = tokens.issue(member, tokens.CHANGE_EMAIL), tokens.issue(member, tokens.STOP_EMAIL, event=event)
        mail.email_change_was_asked(member, stop)
        if spared:
            return
        if is_taken(address, by_other_than=member):
            mail.address_is_in_use(member, address)
        else:
            mail.confirm_new_address(member, address, link)


def cancel(member: Member, *, seen: Observation) -> None:
    """End the change that is under way. The former address can still say that it never asked for it."""
    with transaction.atomic():
        if not _unconfirmed(member).delete()[0]:
            return
        tokens.withdraw(member, tokens.CHANGE_EMAIL)
        asked = Event.objects.filter(member=member, kind=Kind.EMAIL_ASKED, answered_at=None)
        asked.update(answered_at=timezone.now())  # there is nothing left that it could ask about
        events.happened(member, Kind.EMAIL_STOPPED, seen=seen)


def is_taken(address: str, *, by_other_than: Member) -> bool:
    """Say whether somebody else has ``address``, or could take it back. Who never confirmed it does not count."""
    return any(not _waits(other) for other in Member.objects.holding(address).exclude(pk=by_other_than.pk))


def _waits(member: Member) -> bool:
    return member.email_verified_at is None and member.is_active


def _unconfirmed(member: Member) -> Any:
    return EmailChange.objects.filter(member=member, confirmed_at=None)


# --- the link to the new address ----------------------------------------------------------------------------------
def waiting(token: str) -> Member | None:
    """Return whose change ``token`` would confirm; None if it opens nothing."""
    member: Member | None = tokens.find(token, tokens.CHANGE_EMAIL)
    return member if member and member.is_active and _unconfirmed(member).exists() else None


def confirm(token: str, *, seen: Observation) -> Member | None:
    """Let the new address count from now on; return whose it is, or None if nothing became of it.

    Links to the old address that would set a password die with it.
    """
    return _unless_somebody_is_faster(partial(_confirm, token, seen))


def _unless_somebody_is_faster(act: Callable[[], Member | None]) -> Member | None:
    """Do it, and anew when somebody else was faster with the address: it is found taken then."""
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return act()
        except IntegrityError:
            continue
    return None


def _confirm(token: str, seen: Observation) -> Member | None:
    found: Member | None = tokens.redeem(token, tokens.CHANGE_EMAIL)
    member: Member | None = Member.objects.select_for_update().filter(pk=found and found.pk, is_active=True).first()
    change: Any = member and _unconfirmed(member).first()
    if member is None or change is None or not isinstance(change.new, str):
        return None
    if not _make_room(member, change.new):
        mail.address_is_in_use(member, change.new)
        change.delete()
        return None
    mail.email_was_changed(member, change.asked_at)
    _move(member, change.new)
    change.confirmed_at = timezone.now()
    change.save(update_fields=["confirmed_at"])
    events.happened(member, Kind.EMAIL_CHANGED, seen=seen)
    return member


def _make_room(member: Member, address: str) -> bool:
    """Erase an account that began with ``address`` and never confirmed it; say False if somebody else has it."""
    if is_taken(address, by_other_than=member):
        return False
    return all(discard(other) for other in Member.objects.with_email(address).exclude(pk=member.pk))


def _move(member: Member, address: str) -> None:
    """Have ``member`` sign in with ``address`` from now on."""
    member.email, member.email_verified_at = address, timezone.now()
    member.save(update_fields=["email", "email_index", "email_verified_at"])
    record(member, ["email"])
    for purpose in (tokens.RESET_PASSWORD, tokens.VERIFY_EMAIL):
        tokens.withdraw(member, purpose)


# --- the link to the former address -------------------------------------------------------------------------------
def stoppable(token: str) -> Member | None:
    """Return whose change ``token`` would stop; None if it opens nothing."""
    event = tokens.event_of(token, tokens.STOP_EMAIL)
    return event.member if event and event.member.is_active else None


def stop(token: str, *, seen: Observation) -> Member | None:
    """Bring the former address back, end all sessions, and mail it a link for a new password.

    Whoever asked for the change knew the password, so it is worth nothing any more. All that was asked for since goes
    as well: an address that was taken over must not stop what its owner does.
    """
    return _unless_somebody_is_faster(partial(_stop, token, seen))


def _stop(token: str, seen: Observation) -> Member | None:
    event = tokens.event_of(token, tokens.STOP_EMAIL)
    found: Member | None = tokens.redeem(token, tokens.STOP_EMAIL)
    member: Member | None = Member.objects.select_for_update().filter(pk=found and found.pk, is_active=True).first()
    if event is None or member is None:
        return None
    disown(event, begun=event.at, seen=seen)
    events.happened(member, Kind.EMAIL_STOPPED, seen=seen)
    member.refresh_from_db()
    mail.email_change_was_stopped(member, tokens.issue(member, tokens.RESET_PASSWORD))
    return member


@register_undo
def bring_back(member: Member, since: datetime) -> None:
    """Take back what was asked for or confirmed from ``since`` on: the address is the one it was then."""
    late = Q(asked_at__gte=since) | Q(confirmed_at__gte=since)
    asked = EmailChange.objects.filter(late, member=member).order_by("asked_at")
    former = next((change.former for change in asked.exclude(confirmed_at=None)), None)
    if isinstance(former, str) and _make_room(member, former):
        _move(member, former)
    asked.delete()
