"""Saying how long to wait, to people and to programs."""

from datetime import timedelta
from http import HTTPStatus
from math import ceil

from django.http import HttpResponse
from django.utils.translation import gettext as _, ngettext

MINUTE, HOUR = 60, 3600


def in_words(wait: timedelta) -> str:
    """Return a time to wait in words, rounded up: *3 minutes*."""
    seconds = max(1, ceil(wait.total_seconds()))
    if seconds <= MINUTE:
        return ngettext("%(number)d second", "%(number)d seconds", seconds) % {"number": seconds}
    if seconds <= 2 * HOUR:
        minutes = ceil(seconds / MINUTE)
        return ngettext("%(number)d minute", "%(number)d minutes", minutes) % {"number": minutes}
    hours = ceil(seconds / HOUR)
    return ngettext("%(number)d hour", "%(number)d hours", hours) % {"number": hours}


def too_often(wait: timedelta) -> str:
    """Return what is said beside a field when something was tried too often."""
    return _("That was tried too often. Try again in %(wait)s.") % {"wait": in_words(wait)}


def ask_to_wait(page: HttpResponse, wait: timedelta) -> HttpResponse:
    """Turn a page into the answer to who has tried too often (RFC 6585, section 4)."""
    page.status_code = HTTPStatus.TOO_MANY_REQUESTS
    page["Retry-After"] = str(max(1, ceil(wait.total_seconds())))
    return page
