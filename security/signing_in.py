"""From somebody who has shown who they are to a session, with a second step in between where one is due.

Until the second step is done nobody is signed in: the session names who is on their way, and opens nothing.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model, login, update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django_otp import login as remember_device

from . import events, guarding, removing
from .browsers import remember_browser
from .last_use import claim_writing
from .models import Browser, Event, Kind, SignIn
from .observing import Observation, observe
from .sessions import SIGN_IN, end_sessions
from .steps import has_second_step, second_steps

Welcome = Callable[[HttpRequest, Any], None]
_welcomes: list[Welcome] = []
HALF = "half-signed-in"
HALF_LASTS = timedelta(minutes=10)
FRESH = "authenticated-at"  # when, in seconds since 1970, this session last showed who it is
VERIFIED = "verified-at"  # when its second step was last done


def begin(request: HttpRequest, member: Any, backend: str) -> bool:
    """Sign ``member`` in, or start on the second step; say whether they are signed in now."""
    if not has_second_step(member):
        complete(request, member, backend)
        return True
    request.session.cycle_key()
    request.session[HALF] = {
        "member": str(member.pk),
        "backend": backend,
        "since": int(time.time()),
        "proof": member.get_session_auth_hash(),
    }
    return False


def half_signed_in(request: HttpRequest) -> Any:
    """Return who has done the first step here, not long ago, and may still sign in; None if nobody has.

    The password that was shown has to be the one there is: whoever changes it puts out who is half-way in as well.
    """
    half = request.session.get(HALF)
    if not half or time.time() - half["since"] > HALF_LASTS.total_seconds():
        return None
    member = get_user_model()._default_manager.able_to_sign_in().filter(pk=int(half["member"])).first()
    proof = half.get("proof", "")
    return member if member and constant_time_compare(proof, member.get_session_auth_hash()) else None


def complete_half(request: HttpRequest, device: Any) -> None:
    """Sign in who is on their way, after ``device`` of theirs has done the second step."""
    half = request.session.pop(HALF)
    complete(request, device.user, half["backend"], device)


@transaction.atomic
def complete(request: HttpRequest, member: Any, backend: str, device: Any = None) -> None:
    """Sign ``member`` in: a new session, what was observed of it, and word to them if the browser is new."""
    login(request, member, backend=backend)
    mark_fresh(request)
    if device is not None:
        verify(request, device)
    was_here = events.has_signed_in(member)
    browser, is_new = remember_browser(request, member)
    _own_what_was_set_here(request, member, browser)
    seen = observe(request)
    kind = _what_is_new(member, seen, is_new_browser=is_new, was_here=was_here)
    sign_in = SignIn.objects.create(member=member, browser=browser, device=seen.device, network=seen.network)
    request.session[SIGN_IN] = str(sign_in.pk)
    claim_writing(sign_in.pk)  # it has just been written
    if member.is_staff:
        # A moment, not an age: however often the session is saved, it ends then.
        request.session.set_expiry(timezone.now() + timedelta(seconds=settings.STAFF_SESSION_AGE))
    events.happened(member, kind, seen=seen)
    for welcome in _welcomes:
        welcome(request, member)


def register_welcome(welcome: Welcome) -> Welcome:
    """Have ``welcome(request, member)`` called in the transaction of every sign-in; return it."""
    _welcomes.append(welcome)
    return welcome


def _own_what_was_set_here(request: HttpRequest, member: Any, browser: Browser) -> None:
    """Let a password that was set in this browser by a mailed link count as its doing: it is not asked about itself."""
    set_at = guarding.password_set_at(request, member)
    if set_at is not None:
        unknown = Event.objects.filter(member=member, kind=Kind.PASSWORD_RESET, browser=None, at__gte=set_at)
        unknown.update(browser=browser)


def _what_is_new(member: Any, seen: Observation, *, is_new_browser: bool, was_here: bool) -> Kind:
    """Return what to call this sign-in. The very first one is no news to anybody."""
    if is_new_browser:
        return Kind.NEW_BROWSER if was_here else Kind.SIGNED_IN
    return Kind.SIGNED_IN if events.knows_network(member, seen.network) else Kind.NEW_NETWORK


def verify(request: HttpRequest, device: Any) -> None:
    """Remember that ``device`` has done the second step in this session, which gets a new key for it."""
    request.session.cycle_key()
    remember_device(request, device)
    request.session[VERIFIED] = int(time.time())
    removing.was_used(device, seen=observe(request))


@transaction.atomic
def verify_with_new(request: HttpRequest, device: Any) -> None:
    """Count this session as verified by a step that was just added.

    With the first one every other session ends: whoever is there has never shown more than the password.
    """
    verify(request, device)
    if len(second_steps(request.user)) == 1:
        end_sessions(request.user, except_key=request.session.session_key)


def renew(request: HttpRequest) -> None:
    """Let this session go on, under a new key, as one that has just shown who it is. It signs nobody else in."""
    update_session_auth_hash(request, request.user)  # type: ignore[arg-type]  # only for who is signed in
    mark_fresh(request)


def mark_fresh(request: HttpRequest) -> None:
    """Remember that this session has just shown who it is."""
    request.session[FRESH] = int(time.time())


def is_fresh(request: HttpRequest) -> bool:
    """Say whether this session has shown who it is a short while ago."""
    return bool(time.time() - request.session.get(FRESH, 0) < settings.FRESH_FOR)


def is_freshly_verified(request: HttpRequest) -> bool:
    """Say whether the second step was done in this session, not longer ago than staff may go without."""
    user: Any = request.user
    if not (user.is_authenticated and user.is_verified()):
        return False
    return bool(time.time() - request.session.get(VERIFIED, 0) < settings.STAFF_FACTOR_AGE)
