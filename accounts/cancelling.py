"""Leaving for good: invisible at once, erased when the grace is over, kept by who comes back before."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy.models import ErasureRequest
from security import events, tokens
from security.models import Kind
from security.observing import Observation, observe
from security.sessions import end_sessions
from security.signing_in import register_welcome

from . import mail
from .models import EmailChange, Member

Origin = ErasureRequest.Origin


@transaction.atomic
def cancel(member: Member, *, by: Member, seen: Observation) -> ErasureRequest | None:
    """Cancel the account of ``member``, asked for ``by`` them or, at their request, by staff; None if it is already.

    From now on nobody sees them, and nobody is signed in as them. Their mailboxes get the link that keeps the account.
    """
    member = Member.objects.select_for_update().get(pk=member.pk)
    if member.cancelled_at is not None:
        return None
    member.cancelled_at = timezone.now()
    member.save(update_fields=["cancelled_at"])
    request = ErasureRequest.objects.create(
        member=member,
        origin=Origin.MEMBER if by == member else Origin.STAFF,
        asked_by=None if by == member else by,
        asked_at=member.cancelled_at,
        due_at=member.cancelled_at + settings.CANCELLATION_GRACE,
    )
    events.happened(member, Kind.CANCELLED, seen=seen)
    end_sessions(member)
    _tell(member, request)
    return request


def _tell(member: Member, request: ErasureRequest) -> None:
    token = tokens.issue(member, tokens.KEEP_ACCOUNT)
    for address in _mailboxes(member):
        by_staff = request.origin == Origin.STAFF
        mail.account_was_cancelled(member, address, token, until=request.due_at, by_staff=by_staff)


def _mailboxes(member: Member) -> Iterator[str]:
    """Yield the address of ``member``, and those given up so lately that they could still be taken back."""
    since = timezone.now() - settings.TOKEN_LIFETIMES[tokens.STOP_EMAIL]
    changes = EmailChange.objects.filter(member=member, confirmed_at__isnull=False, asked_at__gt=since)
    known: Any = [member.email, *(change.former for change in changes)]
    yield from dict.fromkeys(address for address in known if isinstance(address, str))


def keepable(token: str) -> Member | None:
    """Return whose account ``token`` would keep; None if it opens nothing."""
    member: Member | None = tokens.find(token, tokens.KEEP_ACCOUNT)
    return member if member and member.cancelled_at and member.is_active else None


@transaction.atomic
def keep_by(token: str, *, seen: Observation) -> Member | None:
    """Keep the account that ``token`` was mailed for; return whose it is, None if nothing became of it."""
    member: Member | None = tokens.redeem(token, tokens.KEEP_ACCOUNT)
    return member if member is not None and keep(member, seen=seen) else None


@transaction.atomic
def keep(member: Member, *, seen: Observation) -> bool:
    """Undo a cancellation; say False if there is none, or it has fallen due."""
    member = Member.objects.select_for_update().get(pk=member.pk)
    waiting = ErasureRequest.objects.filter(member=member, kept_at=None, due_at__gt=timezone.now())
    if member.cancelled_at is None or not waiting.update(kept_at=timezone.now()):
        return False
    member.cancelled_at = None
    member.save(update_fields=["cancelled_at"])
    tokens.withdraw(member, tokens.KEEP_ACCOUNT)
    events.happened(member, Kind.ACCOUNT_KEPT, seen=seen)
    mail.account_was_kept(member)
    return True


@register_welcome
def welcome_back(request: HttpRequest, member: Member) -> None:
    """Let who signs in within the grace be a member as before."""
    if member.cancelled_at is not None and keep(member, seen=observe(request)):
        member.refresh_from_db(fields=["cancelled_at"])
        messages.success(request, _("Welcome back. Your account is not cancelled any more; nothing was erased."))
