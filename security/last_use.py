"""When a session was last used: written beside the sign-in, and not with every press."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from .models import SignIn
from .sessions import SIGN_IN

WRITTEN_EVERY = timedelta(minutes=5)


def keep_last_use(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Write down that a signed-in member is here, once in a while; the requests between cost no query."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and SIGN_IN in request.session:
            touch(request.session[SIGN_IN])
        return get_response(request)

    return middleware


def touch(sign_in_id: Any) -> None:
    """Write down that a session was used, unless that was done a short while ago.

    The cache spares the question; where there are several, or it forgets, the condition still holds.
    """
    if claim_writing(sign_in_id):
        now = timezone.now()
        SignIn.objects.filter(pk=sign_in_id, seen_at__lte=now - WRITTEN_EVERY).update(seen_at=now)


def forget_last_use(member_id: int) -> None:
    """Forget in the cache what is known of the sessions of a member."""
    cache.delete_many(
        [f"seen:{number}" for number in SignIn.objects.filter(member=member_id).values_list("pk", flat=True)]
    )


def claim_writing(sign_in_id: Any) -> bool:
    """Say whether last use is to be written down by who asks; whoever asks next, for a while, is told no."""
    key, now, every = f"seen:{sign_in_id}", time.time(), WRITTEN_EVERY.total_seconds()
    # When, and not only that: our own clock decides, and not that of the cache.
    if now - cache.get(key, 0) < every:
        return False
    cache.set(key, now, every)
    return True
