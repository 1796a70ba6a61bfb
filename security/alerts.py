"""Alerts: what a member is told at once, by mail and on their pages, until they say whether it was them."""

from notifications.sending import notify

from . import tokens
from .models import Event, Kind
from .notices import SECURITY_ALERT

KINDS = frozenset(
    {
        Kind.NEW_BROWSER,
        Kind.NEW_NETWORK,
        Kind.MANY_FAILURES,
        Kind.PASSWORD_CHANGED,
        Kind.PASSWORD_RESET,
        Kind.FACTOR_ADDED,
        Kind.FACTOR_REMOVED,
        Kind.CODES_MADE,
        Kind.EMAIL_ASKED,
        Kind.EMAIL_CHANGED,
        Kind.EMAIL_STOPPED,
        Kind.PHONE_ADDED,
        Kind.PHONE_CHANGED,
        Kind.PHONE_REMOVED,
    }
)
# Told by mail alone: on the pages it would ask who has just done it. A thief may have done it, though.
BY_MAIL_ALONE = frozenset({Kind.NOT_ME, Kind.NOT_ME_STEPS, Kind.CODE_USED})
# Told by mails of their own, which go to the right one of two addresses and hold the link that fits.
WITH_A_MAIL_OF_THEIR_OWN = frozenset({Kind.EMAIL_ASKED, Kind.EMAIL_CHANGED, Kind.EMAIL_STOPPED})


def mail(event: Event) -> None:
    """Tell a member by mail what happened, with a link that undoes what can be undone."""
    token = tokens.issue(event.member, tokens.NOT_ME, event=event)
    # What cannot be opened is falsy, and is left out.
    device, network = event.device or None, event.network or None
    notify(
        SECURITY_ALERT,
        event.member,
        kind=str(event.kind),
        when=event.at,
        device=device,
        network=network,
        token=token,
    )
