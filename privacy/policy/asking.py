"""Whether a member has to agree before they go on: from the day of a version that asks again, until they do.

Nothing is asked of the database while no version asks, and once a session is known to have agreed. What is published
is looked at again every ``LOOK`` seconds and has to be published ``publishing.AHEAD`` of its day, so the gate shuts
everywhere at that very second.
"""

import time
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from privacy.models import PolicyAcceptance, PolicyVersion

from .versions import agree

LOOK = 60.0
AGREED = "agreed"  # the key under which a session keeps the number of the asking version that its member agreed to


class _Schedule:
    """The versions that ask, by the day from which they do."""

    def __init__(self) -> None:
        self.days: list[tuple[datetime, int]] = []
        self.looked_at = -LOOK

    def latest(self) -> int | None:
        """Return the number of the latest one whose day has come."""
        if time.monotonic() - self.looked_at >= LOOK:
            asking = PolicyVersion.objects.published().filter(mode=PolicyVersion.Mode.ASK)
            self.days = list(asking.values_list("effective_at", "pk"))
            self.looked_at = time.monotonic()
        now = timezone.now()
        return next((number for day, number in self.days if day <= now), None)


_schedule = _Schedule()


def forget_schedule() -> None:
    """Look at what is published once more."""
    _schedule.looked_at = -LOOK


def must_agree(request: HttpRequest) -> bool:
    """Say whether who is signed in has to agree to the policy before they go on."""
    asking = _schedule.latest()
    if asking is None or request.session.get(AGREED) == asking:
        return False
    if not has_agreed(request.user, asking):
        return True
    request.session[AGREED] = asking
    return False


def has_agreed(member: Any, asking: int) -> bool:
    """Say whether ``member`` agreed to the version of that number, or to a later one."""
    day = PolicyVersion.objects.filter(pk=asking).values("effective_at")
    return PolicyAcceptance.objects.filter(member=member.pk, version__effective_at__gte=day).exists()


def agree_and_go_on(request: HttpRequest, version: PolicyVersion) -> None:
    """Record that who is signed in agrees to ``version``."""
    agree(request.user, version)
    request.session.pop(AGREED, None)  # found out anew
