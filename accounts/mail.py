"""Every mail about an account, one function each."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from notifications.sending import notify

from . import notices
from .models import Member


def confirm_address(member: Member, token: str) -> None:
    """Mail the link that confirms the address."""
    # Not when the link itself expires: on this day the unconfirmed account goes, and the link with it.
    until = member.joined_at + settings.TOKEN_LIFETIMES["verify-email"]
    notify(notices.CONFIRM_EMAIL, member, token=token, until=until)


def already_a_member(member: Member) -> None:
    """Tell the address, and only the address, that somebody wanted to join with it again."""
    notify(notices.ALREADY_A_MEMBER, member)


def reset_password(member: Member, token: str) -> None:
    """Mail the link under which a new password is set."""
    notify(notices.RESET_PASSWORD, member, token=token, **_how_long())


def _how_long() -> dict[str, Any]:
    """Return for how many hours, and until when, a link opens the page of a new password."""
    lasts = settings.TOKEN_LIFETIMES["reset-password"]
    return {"hours": round(lasts.total_seconds() / 3600), "until": timezone.now() + lasts}


def confirm_new_address(member: Member, address: str, token: str) -> None:
    """Mail a new address the link with which it counts."""
    until = timezone.now() + settings.TOKEN_LIFETIMES["change-email"]
    notify(notices.CONFIRM_NEW_EMAIL, member, address=address, token=token, until=until)


def address_is_in_use(member: Member, address: str) -> None:
    """Tell an address, and only the address, that somebody wanted to use it and why nothing came of it."""
    notify(notices.EMAIL_IN_USE, member, address=address)


def email_change_was_asked(member: Member, token: str) -> None:
    """Tell the address there is that another one shall take its place, and how to stop that."""
    until = timezone.now() + settings.TOKEN_LIFETIMES["stop-email"]
    notify(notices.EMAIL_CHANGE_ASKED, member, token=token, until=until)


def email_was_changed(member: Member, asked_at: datetime) -> None:
    """Tell the address there was that it counts no longer, and which mail holds the link that stops it."""
    until = asked_at + settings.TOKEN_LIFETIMES["stop-email"]
    notify(notices.EMAIL_CHANGED, member, asked=asked_at, until=until)


def email_change_was_stopped(member: Member, token: str) -> None:
    """Tell the address that counts again what was stopped, and mail it the link under which a new password is set."""
    notify(notices.EMAIL_CHANGE_STOPPED, member, token=token, **_how_long())


def invite_to_staff(member: Member, token: str, until: datetime) -> None:
    """Mail the link under which somebody becomes one of the staff."""
    notify(notices.INVITE_TO_STAFF, member, token=token, until=until)


def account_was_cancelled(member: Member, address: str, token: str, *, until: datetime, by_staff: bool) -> None:
    """Tell an address of ``member`` that the account will be erased, and how to keep it."""
    notify(notices.ACCOUNT_CANCELLED, member, address=address, token=token, until=until, by_staff=by_staff)


def account_was_kept(member: Member) -> None:
    """Tell ``member`` that nothing was erased."""
    notify(notices.ACCOUNT_KEPT, member)
