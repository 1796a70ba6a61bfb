"""A row of the outbox as an e-mail: written when it leaves, in the reader's own time."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from encryption.ring import ring

from .clocks import ZoneOf
from .links import link
from .models import Notification
from .notices import PARTS, Notice
from .packing import unpack
from .unsubscribing import link_for

ID_CONTEXT = "notifications_notification.message_id"
ID_BYTES = 16


def write(row: Notification, notice: Notice, address: str) -> EmailMultiAlternatives:
    """Return the message of ``row`` to ``address``. However often it is written, it has the same Message-ID."""
    way_out = link_for(row.member_id, notice.topic) if notice.topic and row.member_id else ""
    subject, text, html = texts(notice, row.member, unpack(row.parameters), way_out)
    message = EmailMultiAlternatives(subject, text, to=[address], headers=_headers(row, way_out))
    message.attach_alternative(html, "text/html")
    return message


def _headers(row: Notification, way_out: str) -> dict[str, str]:
    # Out-of-office replies and the like are not to answer it (RFC 3834).
    headers = {"Message-ID": message_id(row), "Auto-Submitted": "auto-generated"}
    if way_out:
        headers |= {"List-Unsubscribe": f"<{way_out}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers


def texts(notice: Notice, member: Any, parameters: Mapping[str, Any], way_out: str = "") -> tuple[str, str, str]:
    """Return subject, text and HTML of ``notice``; ``way_out`` is the address where it can be declined.

    Times in them are those of the member's own clock.
    """
    ways = {"home": settings.PUBLIC_URL, "way_out": way_out, "choices": link("notifications:settings")}
    context = {**notice.context(parameters), **ways}
    with timezone.override(ZoneOf(member)):
        subject, text, html = (render_to_string(f"{notice.folder}/{part}", context) for part in PARTS)
    return " ".join(subject.split()), text, html


def message_id(row: Notification) -> str:
    """Return the Message-ID of a row: always the same, and telling nobody how many there are."""
    digest = hmac.digest(ring().index_key_for(ID_CONTEXT), str(row.pk).encode(), hashlib.sha256)
    return f"<{digest[:ID_BYTES].hex()}@{settings.MAIL_DOMAIN}>"
