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

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import urlize
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from notifications.channels.sms import ENDING

# What the file backend writes after every message of one connection.
BETWEEN = b"-" * 79 + b"\n"
SHOWN = 200
# Of a mail alone, in its frame: its own styles count, and nothing runs or loads. A document within the page (srcdoc)
# would have the policy of the page, which would have to allow styles everywhere.
IN_A_FRAME = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-top-navigation-by-user-activation"],
}
LINKS_LEAD_OUT = '<base target="_top">'


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

    def html(self) -> str:
        """Return the HTML part as it was sent, but for where its links open: the frame it is shown in leads nowhere."""
        sent = self.part("html")
        head = sent.find("<head>") + len("<head>") if "<head>" in sent else 0
        return f"{sent[:head]}{LINKS_LEAD_OUT}{sent[head:]}" if sent else ""

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
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # typed for views without arguments
@require_safe
def mail(request: HttpRequest, name: str, position: int) -> HttpResponse:
    """Show one mail of this development site."""
    return render(request, "mail/one.html", {"mail": find_mail(name, position)})


@login_not_required
@csp(IN_A_FRAME)  # type: ignore[arg-type]
@xframe_options_sameorigin
@require_safe
def mail_html(request: HttpRequest, name: str, position: int) -> HttpResponse:
    """Show the HTML part of a mail by itself, as a mail program would: for a frame."""
    html = find_mail(name, position).html()
    if not html:
        raise Http404
    return HttpResponse(html)


def find_mail(name: str, position: int) -> Mail:
    """Return a mail by its place. Raises ``Http404``."""
    path = mail_folder() / name
    if path not in newest_files(mail_folder()):
        raise Http404
    found = next((one for one in mails_in(path) if one.position == position), None)
    if found is None:
        raise Http404
    return found


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
