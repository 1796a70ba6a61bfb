"""What waits for a fresh sign-in, in words: whoever shows who they are has to know what goes on then.

Who finds a browser open could otherwise send a form there, and have its owner carry it out by typing their password.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _

from .interrupting import KEPT_FOR, waiting_rows
from .models import Interrupted

WORDS: dict[str, Any] = {
    "accounts:password-change": _("a new password for your account"),
    "accounts:settings-email": _("another e-mail address for your account"),
    "accounts:settings-phone": _("another phone number"),
    "accounts:settings-birth-date": _("another birth date"),
    "security:app": _("a new authenticator app"),
    "security:codes": _("new recovery codes"),
    "security:step": _("another name for a second step"),
    "security:step-remove": _("the removal of a second step"),
    "security:steps-keep": _("the second steps that are in question are kept"),
    "security:not-me-here": _("everybody is signed out and the password made worthless"),
    "privacy:download-ask": _("a download of everything that is held about you"),
    "security:gave-away": _("a step of “I gave my password to somebody”"),
}
OTHER = _("a form")


@dataclass(frozen=True)
class WaitingForm:
    """What goes on after a fresh sign-in, and when it was sent in this browser."""

    words: Any
    at: datetime


def waiting_forms(request: HttpRequest) -> list[WaitingForm]:
    """Return what waits in this session, the latest first.

    All of it, whatever the address says that one goes on to: one address can lead to another.
    """
    return [WaitingForm(_words(row), row.expires_at - KEPT_FOR) for row in waiting_rows(request)]


def _words(row: Interrupted) -> Any:
    kept: Any = row.request
    try:
        path = urlsplit(kept["path"]).path if isinstance(kept, dict) else ""
        return WORDS.get(resolve(path).view_name, OTHER)
    except Resolver404:
        return OTHER
