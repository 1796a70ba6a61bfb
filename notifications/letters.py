"""A row of the outbox as its reader gets it: written when it leaves, in the reader's own time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from .clocks import ZoneOf
from .links import link
from .models import Notification
from .notices import LETTER, SHORT, Notice
from .packing import unpack
from .tokens import Tokens
from .unsubscribing import link_for

SUBJECT, _TEXT, HTML = LETTER
ON_SITE = "notices/_on_site.html"
_tokens = Tokens("notifications_notification")


@dataclass(frozen=True)
class TextMessage:
    """A text message: where to, what, and a word that is the same however often it is handed over."""

    number: str
    text: str
    key: str


def write(row: Notification, notice: Notice, address: str) -> EmailMultiAlternatives:
    """Return the mail of ``row`` to ``address``. However often it is written, it has the same Message-ID."""
    way_out = way_out_of(row, notice)
    subject, text, html = texts(notice, LETTER, row.member, _filling(row), way_out).values()
    message = EmailMultiAlternatives(subject, text, to=[address], headers=_headers(row, way_out))
    message.attach_alternative(html, "text/html")
    # For a provider to give back when it reports what became of it. A mail server is not told.
    message.metadata = {"notice": token_of(row)}  # type: ignore[attr-defined]
    return message


def write_short(row: Notification, notice: Notice, number: str) -> TextMessage:
    """Return the text message of ``row`` to ``number``."""
    text = texts(notice, (SHORT,), row.member, _filling(row))[SHORT]
    return TextMessage(number, text, token_of(row))


def subject_of(row: Notification, notice: Notice) -> str:
    """Return what a row is about, in a line."""
    return texts(notice, (SUBJECT,), row.member, _filling(row))[SUBJECT]


def on_site(row: Notification, notice: Notice) -> SafeString:
    """Return the text of ``row`` as a part of a page."""
    way_out = way_out_of(row, notice)
    shown = texts(notice, (HTML,), row.member, _filling(row), way_out, frame=ON_SITE)
    return SafeString(shown[HTML])


def way_out_of(row: Notification, notice: Notice) -> str:
    """Return the address where the topic of a row is declined, empty for what cannot be."""
    return link_for(row.member_id, notice.topic) if notice.topic and row.member_id else ""


def _filling(row: Notification) -> Mapping[str, Any]:
    return unpack(row.filled_with or {})


def _headers(row: Notification, way_out: str) -> dict[str, str]:
    # Out-of-office replies and the like are not to answer it (RFC 3834).
    headers = {"Message-ID": message_id(row), "Auto-Submitted": "auto-generated"}
    if way_out:
        headers |= {"List-Unsubscribe": f"<{way_out}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers


def texts(
    notice: Notice,
    parts: Iterable[str],
    member: Any,
    parameters: Mapping[str, Any],
    way_out: str = "",
    frame: str | None = None,
) -> dict[str, str]:
    """Return texts of ``notice`` by name; ``way_out`` is the address where it can be declined, ``frame`` what its HTML
    is set in instead of a letter.

    Times in them are those of the member's own clock.
    """
    ways = {"home": settings.PUBLIC_URL, "way_out": way_out, "choices": link("notifications:settings")}
    context = {**notice.context(parameters), **ways, "frame": frame}
    with timezone.override(ZoneOf(member)):
        written = {part: render_to_string(f"{notice.folder}/{part}", context) for part in parts}
    return {part: " ".join(text.split()) if part in (SUBJECT, SHORT) else text for part, text in written.items()}


def message_id(row: Notification) -> str:
    """Return the Message-ID of a row."""
    return f"<{token_of(row)}@{settings.MAIL_DOMAIN}>"


def token_of(row: Notification) -> str:
    """Return by what a row is known outside: always the same, and telling nobody how many there are."""
    return _tokens.seal(row.pk)


def number_of(token: str) -> int | None:
    """Return the number of the row that is known by ``token``; None if that is none of ours."""
    opened = _tokens.unseal(token)
    return opened[0] if opened else None
