"""The mails of a development site, shown as a mail program would. Never part of a production site."""

import email
import email.policy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import nh3
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import urlize
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from notifications.sms import ENDING

# What the file backend writes after every message of one connection.
BETWEEN = b"-" * 79 + b"\n"
SHOWN = 200
TAGS = {"a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "hr", "i", "li", "ol", "p", "pre", "span"}
TAGS |= {"strong", "table", "tbody", "td", "th", "thead", "tr", "ul"}


@dataclass(frozen=True)
class Mail:
    """One mail, and where it lies: its file and its place therein."""

    name: str
    position: int
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message.get("Subject", ""))

    @property
    def to(self) -> str:
        return str(self.message.get("To", ""))

    @property
    def sender(self) -> str:
        return str(self.message.get("From", ""))

    @property
    def sent(self) -> datetime | None:
        date = self.message.get("Date")
        return parsedate_to_datetime(str(date)) if date else None

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    def text(self) -> SafeString:
        """Return the plain part, escaped, with its addresses as links."""
        return SafeString(urlize(self.part("plain"), nofollow=True, autoescape=True))

    def html(self) -> SafeString:
        """Return the HTML part without anything that runs, loads or styles."""
        cleaned = nh3.clean(
            self.part("html"), tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}
        )
        return SafeString(cleaned)

    def part(self, kind: str) -> str:
        """Return the text of the first part of ``kind`` (plain or html), empty if there is none."""
        found = self.message.get_body((kind,))
        return str(found.get_content()) if found else ""


@login_not_required
@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """List the mails of this development site, newest first."""
    found = [mail for path in newest_files(mail_folder()) for mail in reversed(list(mails_in(path)))]
    return render(request, "mail/list.html", {"mails": found[:SHOWN], "texts": list(text_messages())[:SHOWN]})


@login_not_required
@require_safe
def mail(request: HttpRequest, name: str, position: int) -> HttpResponse:
    """Show one mail of this development site."""
    path = mail_folder() / name
    if path not in newest_files(mail_folder()):
        raise Http404
    found = next((one for one in mails_in(path) if one.position == position), None)
    if found is None:
        raise Http404
    return render(request, "mail/one.html", {"mail": found})


def text_messages() -> Iterator[dict[str, Any]]:
    """Yield the text messages of this development site, newest first: ``to``, ``text`` and ``sent``."""
    folder = settings.SMS_FOLDER
    for path in sorted(folder.glob(f"*{ENDING}"), reverse=True) if folder and folder.is_dir() else ():
        message = json.loads(path.read_text(encoding="utf-8"))
        yield message | {"sent": datetime.fromisoformat(message["sent"])}


def mail_folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)


def newest_files(folder: Path) -> list[Path]:
    """Return the files of ``folder``, the one written last first; none if there is no folder yet."""
    files = folder.glob("*.log") if folder.is_dir() else []
    return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def mails_in(path: Path) -> Iterator[Mail]:
    """Yield the mails of one file in the order of sending."""
    for position, raw in enumerate(filter(bytes.strip, path.read_bytes().split(BETWEEN))):
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        yield Mail(path.name, position, message)
