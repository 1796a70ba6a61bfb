"""Doing the second step: tries are counted, and then the code is looked at."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from .allowances import Limit, Share, Throttled, give_all_back, take_all
from .authenticator import accept_code
from .browsers import known_browser
from .events import alert_of_failures
from .observing import observe
from .recovery import use_code

# Six digits and a clock that may be off make three codes good at any moment. At sixty tries a day, and twice as many on
# the first, somebody who knows the password guesses one within a year at odds of one to fifteen; the member is told on
# the first day.
TRIES = Limit("second step", 5, timedelta(minutes=1))
TRIES_A_DAY = Limit("second step: day", 60, timedelta(minutes=24))


def try_app_code(request: HttpRequest, member: Any, code: str) -> Any:
    """Return the authenticator app of ``member`` that shows ``code``, if any. Raises ``Throttled``."""
    shares = _count(request, member)
    device = accept_code(member, code)
    return _settle(device, shares)


def try_recovery_code(request: HttpRequest, member: Any, code: str) -> Any:
    """Return the sheet of which ``code`` was, if any; it is used up. Raises ``Throttled``."""
    shares = _count(request, member)
    device = use_code(member, code, seen=observe(request))
    return _settle(device, shares)


def _count(request: HttpRequest, member: Any) -> tuple[Share, ...]:
    """Count one try, and return on whose account: a browser that is known has an allowance of its own.

    Whoever tries codes elsewhere does not keep the member out of where they have signed in before.
    """
    browser = known_browser(request, member)
    whose = (member.pk, browser.pk if browser else "elsewhere")
    shares = (Share(TRIES, whose), Share(TRIES_A_DAY, whose))
    try:
        take_all(*shares)
    except Throttled:
        alert_of_failures(member, observe(request))
        raise
    return shares


def _settle(device: Any, shares: tuple[Share, ...]) -> Any:
    """Return what was tried to who was right."""
    if device is not None:
        give_all_back(*shares)
    return device
