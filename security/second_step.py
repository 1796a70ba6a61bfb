"""Doing the second step: tries are counted, and then the code is looked at."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from .allowances import Limit, give_back, take
from .authenticator import accept_code
from .browsers import known_browser
from .events import alert_of_failures
from .observing import observe
from .recovery import use_code

# Six digits and a clock that may be off make three codes good at any moment. At sixty tries a day, somebody who knows
# the password guesses one within a year at odds of one to fifteen; the member is told on the first day.
TRIES = Limit("second step", 5, timedelta(minutes=1))
TRIES_A_DAY = Limit("second step: day", 60, timedelta(minutes=24))


class TooManyCodes(Exception):
    """Too many codes were tried; ``wait`` says how long to wait."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self.wait = wait


def try_app_code(request: HttpRequest, member: Any, code: str) -> Any:
    """Return the authenticator app of ``member`` that shows ``code``, if any. Raises ``TooManyCodes``."""
    whose = _count(request, member)
    device = accept_code(member, code)
    return _settle(device, whose)


def try_recovery_code(request: HttpRequest, member: Any, code: str) -> Any:
    """Return the sheet of which ``code`` was, if any; it is used up. Raises ``TooManyCodes``."""
    whose = _count(request, member)
    device = use_code(member, code, seen=observe(request))
    return _settle(device, whose)


def _count(request: HttpRequest, member: Any) -> tuple[object, ...]:
    """Count one try, and return on whose account: a browser that is known has an allowance of its own.

    Whoever tries codes elsewhere does not keep the member out of where they have signed in before.
    """
    browser = known_browser(request, member)
    whose = (member.pk, browser.pk if browser else "elsewhere")
    for limit in (TRIES, TRIES_A_DAY):
        wait = take(limit, *whose)
        if wait is not None:
            alert_of_failures(member, observe(request))
            raise TooManyCodes(wait)
    return whose


def _settle(device: Any, whose: tuple[object, ...]) -> Any:
    """Return what was tried to who was right."""
    if device is not None:
        for limit in (TRIES, TRIES_A_DAY):
            give_back(limit, *whose)
    return device
