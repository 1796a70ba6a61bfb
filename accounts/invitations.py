"""Inviting somebody to the staff. Who invites neither sets nor sees a password, nor learns whether there is an account.

The account of somebody new is made at once, so that nobody takes its address or handle meanwhile. It opens with the
link that was mailed and in no other way, and goes with the invitation if that is not accepted.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from encryption.keys import destroy_data_key
from privacy.defaults import record_defaults
from privacy.models import PolicyVersion, random_number
from privacy.policy import agree
from security import events, tokens
from security.models import Kind
from security.observing import Observation

from . import mail
from .models import Member, StaffInvitation
from .registration import HandleTaken, discard, keep_back_for_a_while, may_be_taken
from .roles import assign_roles, roles_of
from .sign_in import mark_confirmed


class YourOwnAddress(Exception):
    """Somebody tried to invite themself."""


def invite(email: str, handle: str, roles: Iterable[str], *, by: Member) -> StaffInvitation:
    """Invite whoever reads the mail of ``email``. A known address and an unknown one look the same to ``by``.

    ``handle`` is for a new account. Raises ``HandleTaken``, ``YourOwnAddress``, or ``PermissionDenied``.
    """
    if not by.is_superuser:
        raise PermissionDenied
    if Member.objects.with_email(email).filter(pk=by.pk).exists():
        raise YourOwnAddress
    if not may_be_taken(handle):
        raise HandleTaken
    member_id = random_number()
    try:
        with transaction.atomic():
            member = _account(email, handle, member_id)
            return _ask(member, roles, by, has_it=_signs_in_with(member, email))
    except IntegrityError:
        destroy_data_key(member_id)
        raise HandleTaken from None


def _account(email: str, handle: str, member_id: int) -> Member:
    """Return the account of an address, made now if there is none but one that waits to be confirmed."""
    known: Member | None = Member.objects.holding(email).first()
    if known is None or discard(known):
        made: Member = Member.objects.create_user(handle, email, None, id=member_id, joined_under=record_defaults())
        return made
    keep_back_for_a_while(handle)
    return known


def _signs_in_with(member: Member, email: str) -> bool:
    """Say whether the address is that of ``member`` now: who gave it up may take it back, and is not invited by it."""
    return bool(Member.objects.with_email(email).filter(pk=member.pk).exists())


def _ask(member: Member, roles: Iterable[str], by: Member, *, has_it: bool) -> StaffInvitation:
    token = secrets.token_urlsafe(32)
    until = timezone.now() + settings.TOKEN_LIFETIMES["invite-staff"]
    StaffInvitation.objects.filter(member=member).delete()
    asked: StaffInvitation = StaffInvitation.objects.create(
        digest=tokens.digest(token), member=member, invited_by=by, roles=sorted(set(roles)), expires_at=until
    )
    if member.is_active and has_it:
        mail.invite_to_staff(member, token, until)
    return asked


def find(token: str) -> StaffInvitation | None:
    """Return the invitation that a mailed link is about, unless it has ended or its member is suspended.

    It is worth what its inviter is: nothing once they are suspended, gone, or no superuser any more.
    """
    asked = StaffInvitation.objects.filter(digest=tokens.digest(token), expires_at__gt=timezone.now())
    meant = asked.filter(invited_by__is_active=True, invited_by__is_superuser=True)
    found: StaffInvitation | None = meant.filter(member__is_active=True).select_related("member").first()
    return found


def is_new(member: Member) -> bool:
    """Say whether the account was made for its invitation, and nobody has opened it yet."""
    return member.email_verified_at is None


@transaction.atomic
def accept(token: str, *, password: str = "", version: PolicyVersion | None = None, seen: Observation) -> Member | None:
    """Make whoever holds the link one of the staff; None if it opens nothing any more.

    With an account that is new comes the ``password`` that its member chose. Every session ends: those of staff are
    shorter, and begin with the second step. It takes no role away.
    """
    asked = find(token)
    if asked is None or not StaffInvitation.objects.filter(pk=asked.pk).delete()[0]:
        return None
    member: Member = asked.member
    if is_new(member):
        member.set_password(password)
        member.save(update_fields=["password"])
        mark_confirmed(member)
        if version is not None:
            agree(member, version)
    assign_roles(member, {*roles_of(member), *asked.roles})
    events.happened(member, Kind.ROLES_CHANGED, seen=seen)
    return member


@transaction.atomic
def withdraw(asked: StaffInvitation) -> None:
    """End an invitation, and the account that was made for it unless it has been opened."""
    member = asked.member
    StaffInvitation.objects.filter(pk=asked.pk).delete()
    if is_new(member):
        discard(member)


def purge_expired(now: datetime) -> int:
    """End the invitations that nobody accepted in time; return how many."""
    expired = list(StaffInvitation.objects.filter(expires_at__lte=now).select_related("member"))
    for asked in expired:
        withdraw(asked)
    return len(expired)
