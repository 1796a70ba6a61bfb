"""A telephone number: set, changed and removed, and confirmed by a code that is sent to it."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from encryption.blind_index import blind_index
from notifications.channels import sms
from notifications.sending import notify
from security import events
from security.allowances import Limit, Share, take, take_all
from security.models import Kind
from security.observing import Observation

from .models import Member, PhoneCode, Profile
from .notices import PHONE_CODE
from .profiles import update_profile

CONTEXT = "accounts_phonecode.digest"
DIGITS = 6
TRIES = 5
LASTS = timedelta(minutes=10)
PER_MEMBER = Limit("code, member", burst=4, every=timedelta(minutes=15))
PER_NETWORK = Limit("code, network", burst=20, every=timedelta(minutes=3))
# Counts for nobody to see: over it the page is the same, and whoever has the number is spared.
PER_NUMBER = Limit("code, number", burst=4, every=timedelta(hours=1))
CHANGES = Limit("change of number", burst=10, every=timedelta(minutes=30))


def phone_of(member: Member) -> Any:
    """Return the number of ``member``, None without one."""
    return Profile.objects.get(pk=member.pk).phone


def set_phone(member: Member, number: str, *, seen: Observation) -> bool:
    """Store a number, or remove it if blank; say whether that changed anything. A new one is not confirmed.

    Raises ``ValidationError`` for what is no number, and ``Throttled``.
    """
    before = phone_of(member)
    if (before or "") == number:
        return False
    take_all(Share(CHANGES, (member.pk,)))
    with transaction.atomic():
        if not update_profile(member, {"phone": number}, by=member):
            return False
        PhoneCode.objects.filter(member=member).delete()
        events.happened(member, _what_happened(before, number), seen=seen)
    return True


def _what_happened(before: Any, number: str) -> Kind:
    """Return what it is called for the member: what there was before may be a number that cannot be opened."""
    if before is None:
        return Kind.PHONE_ADDED
    return Kind.PHONE_CHANGED if number else Kind.PHONE_REMOVED


def confirmed_number(member: Any, before: datetime) -> str | None:
    """Return the number of ``member`` for text messages if it was confirmed by ``before``; None without such a one."""
    profile = Profile.objects.filter(pk=member.pk, phone_verified_at__lte=before).first()
    return profile.phone if profile is not None and can_be_written_to(profile.phone) else None


def can_be_written_to(number: Any) -> bool:
    """Say whether a text message can be sent to ``number`` from here. One with an extension rings at a switchboard."""
    return sms.is_offered() and isinstance(number, str) and number[:1] == "+" and "ext" not in number


def send_code(member: Member, *, seen: Observation) -> bool:
    """Send a code to the number of ``member``; an earlier one opens nothing any more. Say False where none can go.

    Raises ``Throttled``.
    """
    number = phone_of(member)
    if not can_be_written_to(number):
        return False
    take_all(Share(PER_MEMBER, (member.pk,)), Share(PER_NETWORK, (seen.network,)))
    spared = take(PER_NUMBER, number) is not None
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    until = timezone.now() + LASTS
    kept = {"digest": _digest(number, code), "tries_left": TRIES, "expires_at": until}
    with transaction.atomic():
        PhoneCode.objects.update_or_create(member=member, defaults=kept)
        if not spared:
            notify(PHONE_CODE, member, address=number, until=until, code=code)
    return True


def waits_for_code(member: Member) -> bool:
    """Say whether a code is on its way that may still be typed."""
    return bool(_open_codes(member).exists())


@transaction.atomic
def confirm_phone(member: Member, code: str, *, seen: Observation) -> bool:
    """Confirm the number by the code that was sent to it. Each try counts before it is looked at."""
    codes = _open_codes(member)
    if not codes.update(tries_left=F("tries_left") - 1):
        return False
    profile = Profile.objects.select_for_update().get(pk=member.pk)
    digest = _digest(str(profile.phone), code)
    # One conditional DELETE decides between two who type it at once; a number that was changed has another digest.
    if not PhoneCode.objects.filter(member=member, digest=digest).delete()[0]:
        return False
    Profile.objects.filter(pk=member.pk).update(phone_verified_at=timezone.now())
    events.happened(member, Kind.PHONE_VERIFIED, seen=seen)
    return True


def _open_codes(member: Member) -> Any:
    return PhoneCode.objects.filter(member=member, tries_left__gt=0, expires_at__gt=timezone.now())


def _digest(number: str, code: str) -> bytes:
    return blind_index(CONTEXT, f"{number}\x1f{code}")
