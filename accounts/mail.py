"""Every mail about an account, one function each. None carries a personal value; each says why it was sent."""

from django.conf import settings

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
