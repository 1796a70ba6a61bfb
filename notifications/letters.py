"""A row of the outbox as its reader gets it: written when it leaves, in the reader's own time."""

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from encryption.blind_index import blind_index

from .clocks import ZoneOf
from .links import link
from .models import Notification
from .notices import LETTER, SHORT, Notice
from .packing import unpack
from .tokens import Tokens
from .unsubscribing import link_for

SUBJECT, _TEXT, HTML = LETTER
ON_SITE = "notices/_on_site.html"
# Short, so that a Message-ID fits into a line: it tells addresses of one member apart.
MARK, MARK_BYTES = "notifications_sent.address", 6
_tokens = Tokens("notifications_notification")
_sent = Tokens("notifications_sent")


@dataclass(frozen=True)
class TextMessage:
    """A text message: where to, what, and a word that is the same however often it is handed over."""

    number: str
    text: str
    key: str


class Writer:
    """Writes mails, and keeps what a campaign says: it is rendered once if it says the same to everybody."""

    def __init__(self) -> None:
        self.rendered: dict[int | None, tuple[str, ...]] = {}
        # Stands for the way out, which is another one for each. No words of staff can hold it.
        self.way_out = f"{settings.PUBLIC_URL}/{secrets.token_hex()}/"

    def write(self, row: Notification, notice: Notice, address: str) -> EmailMultiAlternatives:
        """Return the mail of ``row`` to ``address``. However often it is written, it has the same Message-ID."""
        way_out = way_out_of(row, notice)
        subject, text, html = self._texts(row, notice, way_out)
        token = sent_token(row, address)
        message = EmailMultiAlternatives(subject, text, to=[address], headers=_headers(token, way_out))
        message.attach_alternative(html, "text/html")
        for enclosure in notice.encloses(_filling(row)):
            message.attach(*enclosure)
        # For a provider to give back when it reports what became of it. A mail server is not told.
        message.metadata = {"notice": token}  # type: ignore[attr-defined]
        return message

    def _texts(self, row: Notification, notice: Notice, way_out: str) -> tuple[str, ...]:
        if row.campaign_id is None:
            return tuple(texts(notice, LETTER, ZoneOf(row.member), _filling(row), way_out).values())
        common = self.rendered.get(row.campaign_id) or self._render(row, notice, way_out)
        return tuple(text.replace(self.way_out, way_out) for text in common)

    def _render(self, row: Notification, notice: Notice, way_out: str) -> tuple[str, ...]:
        clock = ZoneOf(row.member)
        common = texts(notice, LETTER, clock, _filling(row), way_out and self.way_out)
        rendered = tuple(common.values())
        if not clock.is_read:  # no time stands in it, so it is the same for all
            self.rendered[row.campaign_id] = rendered
        return rendered


def write_short(row: Notification, notice: Notice, number: str) -> TextMessage:
    """Return the text message of ``row`` to ``number``."""
    text = texts(notice, (SHORT,), ZoneOf(row.member), _filling(row))[SHORT]
    return TextMessage(number, text, token_of(row))


def subject_of(row: Notification, notice: Notice) -> str:
    """Return what a row is about, in a line."""
    return texts(notice, (SUBJECT,), ZoneOf(row.member), _filling(row))[SUBJECT]


def on_site(row: Notification, notice: Notice) -> SafeString:
    """Return the text of ``row`` as a part of a page."""
    way_out = way_out_of(row, notice)
    shown = texts(notice, (HTML,), ZoneOf(row.member), _filling(row), way_out, frame=ON_SITE)
    return SafeString(shown[HTML])


def way_out_of(row: Notification, notice: Notice) -> str:
    """Return the address where the topic of a row is declined, empty for what cannot be."""
    return link_for(row.member_id, notice.topic) if notice.topic and row.member_id else ""


def _filling(row: Notification) -> Mapping[str, Any]:
    return unpack(row.filled_with or {})


def _headers(token: str, way_out: str) -> dict[str, str]:
    # Out-of-office replies and the like are not to answer it (RFC 3834).
    headers = {"Message-ID": _message_id(token), "Auto-Submitted": "auto-generated"}
    if way_out:
        headers |= {"List-Unsubscribe": f"<{way_out}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers


def texts(
    notice: Notice,
    parts: Iterable[str],
    clock: ZoneOf,
    parameters: Mapping[str, Any],
    way_out: str = "",
    frame: str | None = None,
) -> dict[str, str]:
    """Return texts of ``notice`` by name; ``way_out`` is the address where it can be declined, ``frame`` what its HTML
    is set in instead of a letter.

    Times in them are those of the reader's ``clock``.
    """
    ways = {"home": settings.PUBLIC_URL, "way_out": way_out, "choices": link("notifications:settings")}
    context = {**notice.context(parameters), **ways, "frame": frame}
    with timezone.override(clock):
        written = {part: render_to_string(f"{notice.folder}/{part}", context) for part in parts}
    return {part: " ".join(text.split()) if part in (SUBJECT, SHORT) else text for part, text in written.items()}


def message_id(row: Notification, address: str) -> str:
    """Return the Message-ID of the mail of a row to ``address``."""
    return _message_id(sent_token(row, address))


def _message_id(token: str) -> str:
    return f"<{token}@{settings.MAIL_DOMAIN}>"


def sent_token(row: Notification, address: str) -> str:
    """Return by what a mail is known outside: the row, and to which address it went, which nobody can read from it."""
    return _sent.seal(row.pk, _mark_of(address))


def is_known_by(token: str, row: Notification, address: str) -> bool:
    """Say whether ``token`` is that of the mail of ``row`` to ``address``."""
    return _sent.unseal(token) == (row.pk, _mark_of(address))


def number_sent(token: str) -> int | None:
    """Return the number of the row whose mail is known by ``token``; None if that is none of ours."""
    opened = _sent.unseal(token)
    return opened[0] if opened else None


def _mark_of(address: str) -> str:
    return base64.urlsafe_b64encode(blind_index(MARK, address)[:MARK_BYTES]).decode()


def token_of(row: Notification) -> str:
    """Return by what a row is known outside: always the same, and telling nobody how many there are."""
    return _tokens.seal(row.pk)


def number_of(token: str) -> int | None:
    """Return the number of the row that is known by ``token``; None if that is none of ours."""
    opened = _tokens.unseal(token)
    return opened[0] if opened else None
