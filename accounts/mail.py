"""Every mail about an account, one function each. None carries a personal value; each says why it was sent."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from notifications.mail import link, post

from .models import Member


def confirm_address(member: Member, token: str) -> None:
    """Mail the link that confirms the address."""
    # Not when the link itself expires: on this day the unconfirmed account goes, and the link with it.
    until = member.joined_at + settings.TOKEN_LIFETIMES["verify-email"]
    post(member, "confirm-email", link=link("accounts:confirm-email", token), until=until)


def already_a_member(member: Member) -> None:
    """Tell the address, and only the address, that somebody wanted to join with it again."""
    sign_in, reset = link("accounts:sign-in"), link("accounts:password-reset")
    post(member, "already-a-member", link=sign_in, reset_link=reset)


def reset_password(member: Member, token: str) -> None:
    """Mail the link under which a new password is set."""
    minutes = settings.TOKEN_LIFETIMES["reset-password"].total_seconds() / 60
    address = link("accounts:password-reset-confirm", token)
    post(member, "reset-password", link=address, hours=round(minutes / 60))


def confirm_new_address(member: Member, address: str, token: str) -> None:
    """Mail a new address the link with which it counts."""
    until = timezone.now() + settings.TOKEN_LIFETIMES["change-email"]
    post(member, "confirm-new-email", address=address, link=link("accounts:email-confirm", token), until=until)


def address_is_in_use(member: Member, address: str) -> None:
    """Tell an address, and only the address, that somebody wanted to use it and why nothing came of it."""
    sign_in, reset = link("accounts:sign-in"), link("accounts:password-reset")
    post(member, "email-in-use", address=address, link=sign_in, reset_link=reset)


def email_change_was_asked(member: Member, token: str) -> None:
    """Tell the address there is that another one shall take its place, and how to stop that."""
    until = timezone.now() + settings.TOKEN_LIFETIMES["stop-email"]
    post(member, "email-change-asked", link=link("accounts:email-stop", token), until=until)


def email_was_changed(member: Member, asked_at: datetime) -> None:
    """Tell the address there was that it counts no longer, and which mail holds the link that stops it."""
    until = asked_at + settings.TOKEN_LIFETIMES["stop-email"]
    post(member, "email-changed", link=link("accounts:sign-in"), asked=asked_at, until=until)


def invite_to_staff(member: Member, token: str, until: datetime) -> None:
    """Mail the link under which somebody becomes one of the staff."""
    post(member, "invite-to-staff", link=link("accounts:invitation", token), until=until)
