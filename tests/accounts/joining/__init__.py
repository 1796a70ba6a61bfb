"""Joining: what somebody types who joins, and what comes of it."""

import re
from datetime import UTC, datetime

from django.conf import settings

PASSWORD = "beans bells and barley"
TODAY = datetime(2026, 11, 24, 12, tzinfo=UTC)


def entries(**changed):
    """Return what somebody types who joins."""
    typed = {
        "handle": "rose",
        "email": "rose@example.org",
        "password": PASSWORD,
        "day": "1",
        "month": "4",
        "year": "1990",
        "agree": "on",
    }
    typed |= changed
    return {name: value for name, value in typed.items() if value is not None}


def link_in(mail):
    """Return the path of the link in a mail."""
    return re.search(re.escape(settings.PUBLIC_URL) + r"(/join/confirm/\S+)", mail.body)[1]


def seen_of(answer):
    """Return all an outsider gets, without what is random in every answer."""
    headers = {name: value for name, value in answer.headers.items() if "id" not in name.lower()}
    return answer.status_code, answer.content, headers, sorted(answer.cookies)


def press(browser, link, password=PASSWORD):
    """Type the password behind the link and press the button."""
    return browser.post(link, {"password": password})


def wrong(times):
    return [f"not the password {number}" for number in range(times)]
