"""Choosing a password, changing it, and getting in again without it."""

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _, ngettext

from security import events, tokens
from security.former_password import is_former
from security.models import Kind
from security.observing import Observation
from security.sessions import end_sessions

from . import mail
from .models import Member
from .password_rules import MIN_LENGTH
from .sign_in import mark_confirmed

MAX_LENGTH = 256


def check_new_password(password: str, member: Member) -> None:
    """Raise ``ValidationError``, in our own words, unless ``password`` will do for ``member``."""
    if len(password) > MAX_LENGTH:
        raise ValidationError(_("%(most)d characters at most."), params={"most": MAX_LENGTH}, code="too_long")
    try:
        password_validation.validate_password(password, member)
    except ValidationError as error:
        raise ValidationError([_in_our_words(each, password) for each in error.error_list]) from None
    if is_former(password, member):
        raise ValidationError(_("This is the one that is to be replaced. Choose another."), code="former")


def _in_our_words(error: ValidationError, password: str) -> ValidationError:
    length = len(password)
    wording = {
        "password_too_short": ngettext(
            "%(length)d character. It takes %(least)d.", "%(length)d characters. It takes %(least)d.", length
        ),
        "password_too_common": _("Many people use this one, so it is tried first. Choose three words of your own."),
    }.get(str(error.code))
    if wording is None:
        return error
    return ValidationError(wording % {"length": length, "least": MIN_LENGTH}, code=error.code)


@transaction.atomic
def change_password(
    member: Member,
    password: str,
    *,
    keep_session: str | None = None,
    kind: Kind = Kind.PASSWORD_CHANGED,
    seen: Observation = events.NOWHERE,
) -> None:
    """Set a new password: every other session ends, mailed links die, and the member is told by mail."""
    member.set_password(password)
    member.save(update_fields=["password"])
    end_sessions(member, except_key=keep_session)
    for purpose in (tokens.RESET_PASSWORD, tokens.VERIFY_EMAIL, tokens.NEW_PASSWORD):
        tokens.withdraw(member, purpose)
    events.happened(member, kind, seen=seen)


@transaction.atomic
def send_reset(email: str) -> None:
    """Mail a link to ``email`` if somebody signs in with it. What happens here is the same to see from outside."""
    member = Member.objects.with_email(email).filter(is_active=True).first()
    if member is not None:
        mail.reset_password(member, tokens.issue(member, tokens.RESET_PASSWORD))


@transaction.atomic
def reset_password(token: str, password: str, *, seen: Observation = events.NOWHERE) -> Member | None:
    """Use up the link and set a new password; None if the link opens nothing.

    Who could read the link reads the mailbox, so the address counts as confirmed.
    """
    member: Member | None = tokens.redeem(token, tokens.RESET_PASSWORD)
    if member is None or not member.is_active or not mark_confirmed(member):
        return None
    change_password(member, password, kind=Kind.PASSWORD_RESET, seen=seen)
    return member


@transaction.atomic
def replace_password(token: str, password: str, *, seen: Observation = events.NOWHERE) -> Member | None:
    """Use up the link of who said that it was not them, and set a new password; None if the link opens nothing."""
    member: Member | None = tokens.redeem(token, tokens.NOT_ME) or tokens.redeem(token, tokens.NEW_PASSWORD)
    if member is None or not member.is_active:
        return None
    change_password(member, password, kind=Kind.PASSWORD_RESET, seen=seen)
    return member
