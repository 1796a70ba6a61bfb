"""The link with which a member declines a topic without signing in (RFC 8058)."""

from django.contrib.auth import get_user_model

from .channels.kinds import NOWHERE
from .links import link
from .models import Preference
from .preferences import choose
from .tokens import Tokens
from .topics import Topic

_tokens = Tokens("notifications_unsubscribe")


def token_for(member_id: int, topic: Topic) -> str:
    """Return what the link carries: always the same for a member and a topic, and telling neither."""
    return _tokens.seal(member_id, topic.value)


def link_for(member_id: int, topic: Topic) -> str:
    """Return the address under which a member declines a topic."""
    return link("notifications:unsubscribe", token_for(member_id, topic))


def read(token: str) -> tuple[int, Topic] | None:
    """Return number and topic of a token; None if it is none of ours."""
    opened = _tokens.unseal(token)
    return (opened[0], Topic(opened[1])) if opened else None


def decline(member_id: int, topic: Topic) -> bool:
    """Decline ``topic`` by every channel, as ``preferences.choose`` does.

    Who is not here any more has nothing to decline.
    """
    member = get_user_model()._default_manager.filter(pk=member_id).first()
    return member is None or choose(member, {topic: NOWHERE})


def has_declined(member_id: int, topic: Topic) -> bool:
    """Say whether the topic is declined, and not by silence."""
    rows = Preference.objects.filter(member=member_id, topic=topic)
    return rows.exists() and not rows.filter(wanted=True).exists()
