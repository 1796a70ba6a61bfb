"""Alerts: what a member is told at once, by mail and on their pages, until they say whether it was them."""

from notifications.mail import link, post

from . import tokens
from .meanings import MEANINGS
from .models import Event, Kind
from .observing import in_words

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
        Kind.PHONE_CHANGED,
    }
)
# Told by mail alone: on the pages it would ask who has just said it. A thief in a session may have said it, though.
BY_MAIL_ALONE = frozenset({Kind.NOT_ME})
# Told by mails of their own, which go to the right one of two addresses and hold the link that fits.
WITH_A_MAIL_OF_THEIR_OWN = frozenset({Kind.EMAIL_ASKED, Kind.EMAIL_CHANGED, Kind.EMAIL_STOPPED})


def mail(event: Event) -> None:
    """Tell a member by mail what happened, with a link that undoes what can be undone."""
    token = tokens.issue(event.member, tokens.NOT_ME, event=event)
    post(
        event.member,
        "security-alert",
        title=MEANINGS[event.kind].title,
        text=MEANINGS[event.kind].text,
        when=event.at,
        device=event.device,
        place=in_words(event.network),
        not_me=link("security:not-me", token),
        events=link("security:events"),
    )
