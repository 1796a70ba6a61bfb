"""The link with which a member declines a topic without signing in (RFC 8058).

It is sealed and not stored: a stolen database holds none, and nobody can make one without the key file.
"""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.contrib.auth import get_user_model

from encryption.ring import ring

from .links import link
from .models import Preference
from .preferences import choose
from .topics import Topic

# RFC 5297 takes two keys for one.
CONTEXTS = ("notifications_unsubscribe.mac", "notifications_unsubscribe.key")
PURPOSE = [b"unsubscribe"]
NUMBER_BYTES = 8


def token_for(member_id: int, topic: Topic) -> str:
    """Return what the link carries: always the same for a member and a topic, and telling neither."""
    sealed = _cipher().encrypt(member_id.to_bytes(NUMBER_BYTES) + topic.value.encode(), PURPOSE)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def link_for(member_id: int, topic: Topic) -> str:
    """Return the address under which a member declines a topic."""
    return link("notifications:unsubscribe", token_for(member_id, topic))


def read(token: str) -> tuple[int, Topic] | None:
    """Return number and topic of a token; None if it is none of ours."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        opened = _cipher().decrypt(sealed, PURPOSE)
        found = int.from_bytes(opened[:NUMBER_BYTES]), Topic(opened[NUMBER_BYTES:].decode())
    except (InvalidTag, ValueError, binascii.Error):
        return None
    return found if token_for(*found) == token else None  # the same bytes can be written in other ways


def decline(member_id: int, topic: Topic) -> bool:
    """Decline ``topic``, as ``preferences.choose`` does. Who is not here any more has nothing to decline."""
    member = get_user_model()._default_manager.filter(pk=member_id).first()
    return member is None or choose(member, {topic: False})


def has_declined(member_id: int, topic: Topic) -> bool:
    """Say whether the topic is declined, and not by silence."""
    return Preference.objects.filter(member=member_id, topic=topic, wanted=False).exists()


def _cipher() -> AESSIV:
    return AESSIV(b"".join(map(ring().index_key_for, CONTEXTS)))
