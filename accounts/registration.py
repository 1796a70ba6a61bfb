"""Joining. Whether an address has an account already is told to that address alone."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalogue.vocabulary import Audience
from encryption.blind_index import blind_index
from encryption.keys import destroy_data_key
from privacy.audiences import publish_name
from privacy.defaults import record_defaults, start_with
from privacy.juveniles import age_on
from privacy.models import PolicyVersion, random_number
from privacy.policy import agree, disclaim

from . import mail
from .leftovers import forget_key
from .models import EMAIL_CONTEXT, Member, ReservedHandle
from .sign_in import send_confirmation, waiting

HANDLE_CONTEXT = "accounts_reservedhandle.handle"
# Names that would pass for the site itself, or for a place on it.
REFUSED_HANDLES = frozenset(
    """
    about abuse account accounts admin administrator admins anonymous api app blog blocks circles contact dev everyone
    friends hedgerow hedgerow_staff help home host hostmaster info join legal login logout mail media members moderator
    news nobody noreply no_reply null oauth official owner people police policy post postmaster press privacy
    privacy_officer profile register root safety search security service settings signin signout signup sign_in
    sign_out staff static status superuser support system team test undefined user webmaster well_known www you
    """.split()  # noqa: SIM905  # one word after another is easier to look over
)


class HandleTaken(Exception):
    """Somebody else has the handle, or nobody may have it."""


class TooYoung(Exception):
    """Whoever asks is under the minimum age."""


@dataclass(frozen=True, repr=False)
class Application:
    """What somebody who joins tells us, looked over already."""

    handle: str
    email: str
    password: str
    born: date
    audiences: dict[str, Audience]
    version: PolicyVersion


def is_too_young(born: date) -> bool:
    """Say whether who was born on ``born`` is under the minimum age today."""
    return age_on(born, timezone.localdate()) < settings.MINIMUM_AGE


def may_be_taken(handle: str) -> bool:
    """Say whether nobody has ``handle`` and nothing keeps it back.

    A reservation counts until housekeeping takes it away, just as an unconfirmed account does: one that ended by the
    clock would tell the two apart in between.
    """
    if handle in REFUSED_HANDLES or Member.objects.filter(handle=handle).exists():
        return False
    return not ReservedHandle.objects.filter(digest=handle_digest(handle)).exists()


def handle_digest(handle: str) -> bytes:
    """Return the keyed digest under which a handle is kept back."""
    return blind_index(HANDLE_CONTEXT, handle)


def join(application: Application, *, may_mail: bool = True) -> None:
    """Begin an account, or write to the one there is. Both look the same from outside, and cost a hash.

    An account that waits to be confirmed makes room for the new one: whoever began it may have had no right to the
    address, and its owner shall find behind the newest link what they typed themselves.

    Where no mail may be sent any more, the link that was mailed last stays good, and only the handle is kept back.
    Raises ``HandleTaken``, or ``TooYoung``, and then nothing was stored.
    """
    if is_too_young(application.born):
        raise TooYoung
    if not may_be_taken(application.handle):
        raise HandleTaken
    password = make_password(application.password)
    if not may_mail:
        keep_back_for_a_while(application.handle)
        return
    try:
        _begin_or_write(application, password)
    except IntegrityError:
        # Somebody was faster: with the handle, or with the address.
        if not may_be_taken(application.handle):
            raise HandleTaken from None
        try:
            _begin_or_write(application, password)
        except IntegrityError:
            raise HandleTaken from None


def _begin_or_write(application: Application, password: str) -> None:
    member_id = random_number()
    try:
        with transaction.atomic():
            known = Member.objects.holding(application.email).first()
            if known is None or discard(known):
                _begin(application, password, member_id)
            else:
                keep_back_for_a_while(application.handle)
                _write_to(known, application.email)
    except IntegrityError:
        destroy_data_key(member_id)
        raise


def _write_to(known: Member, address: str) -> None:
    """Tell the address that it has an account, or could still take one back."""
    if bytes(known.email_index) == blind_index(EMAIL_CONTEXT, address):
        mail.already_a_member(known)
    else:
        mail.address_is_in_use(known, address)


def _begin(application: Application, password: str, member_id: int) -> None:
    """Make the member, unconfirmed, with a concrete audience for every field."""
    member = Member.objects.create_user(
        application.handle, application.email, None, id=member_id, joined_under=record_defaults()
    )
    Member.objects.filter(pk=member.pk).update(password=password)
    _furnish(member.profile, application)
    agree(member, application.version)
    send_confirmation(member)


def _furnish(profile: Any, application: Application) -> None:
    """Write the first profile: the birth date, who sees what, and whether the directory may show it."""
    profile.birth_date = application.born
    profile.listed = True  # the cap of a juvenile's audiences takes it back
    start_with(profile, application.audiences)
    publish_name(profile)
    profile.save()


@transaction.atomic
def discard(member: Member) -> bool:
    """Erase an account that waits to be confirmed; say False, and leave it, if it is confirmed, suspended or invited.

    Its handle stays kept back as long as it would have been anyway, so that nobody learns from it what happened here.
    """
    waiting_alone = Member.objects.filter(email_verified_at=None, is_active=True, staff_invitation=None)
    # By number, since a row found by an outer join cannot be locked.
    found = waiting_alone.filter(pk=member.pk).values("pk")
    waits = Member.objects.select_for_update().filter(pk__in=found).first()
    if waits is None:
        return False
    reserve(waits.handle, _for_a_while(waits.joined_at))
    forget_key(waits.pk)
    disclaim(waits)
    waits.delete()
    return True


def refuse(token: str) -> bool:
    """Erase the account behind a link, for who did not ask for it; say False if the link opens nothing."""
    member = waiting(token)
    return member is not None and discard(member)


def reserve(handle: str, until: datetime) -> None:
    """Keep ``handle`` back for as long as an unconfirmed account would have it. One kept for good stays so."""
    ReservedHandle.objects.get_or_create(digest=handle_digest(handle), defaults={"until": until})


def keep_back_for_a_while(handle: str) -> None:
    """Keep ``handle`` back as long as an account that begins now and is never confirmed would."""
    reserve(handle, _for_a_while())


def _for_a_while(since: datetime | None = None) -> datetime:
    return (since or timezone.now()) + settings.TOKEN_LIFETIMES["verify-email"]
