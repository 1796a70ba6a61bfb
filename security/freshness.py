"""Acts that take a fresh sign-in: who left a browser open somewhere shall not lose the account to whoever finds it.

``@recently_authenticated`` goes outermost on a view, so that what was interrupted passes every other decorator as it
did at first. It belongs on whatever changes how somebody gets in or is reached, takes all data along, or ends the
account: e-mail, phone, birth date, password, second step, download, cancellation. Who has a second step has to have
done it in this session as well: one may have begun before there was any, and the password alone opens nothing then.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _

from . import events, interrupting
from .allowances import Limit, Share, Throttled, give_all_back, take_all
from .observing import observe
from .returning import is_ours, with_next
from .sessions import SIGN_IN
from .signing_in import is_fresh
from .steps import has_second_step

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# As slow as at the door. Each session has its own, so that who found one open cannot keep its owner out of theirs.
TRIES = Limit("sign-in again", burst=5, every=timedelta(minutes=15))
TRIES_OF_ALL = Limit("sign-in again, all sessions", burst=20, every=timedelta(minutes=5))

View = Callable[..., HttpResponse]


def recently_authenticated(view: View) -> View:
    """Let a view be reached only by who has shown who they are within ``FRESH_FOR``, with their second step if any.

    Who has not is asked, and then taken to the page; a form goes on by itself, with what was typed.
    """

    @wraps(view)
    def fresh_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_fresh(request):
            return _ask(request, "security:again")
        if not is_verified(request):
            return _ask(request, "security:verify")
        if interrupting.is_sent_on(request) and not goes_on(request):
            return redirect(interrupting.plain_address(request))
        return view(request, *args, **kwargs)

    fresh_view.takes_up = True  # type: ignore[attr-defined]
    return fresh_view


def takes_up(view: View) -> bool:
    """Say whether a view sees by itself to what waits for it."""
    return getattr(view, "takes_up", False)


def is_verified(request: HttpRequest) -> bool:
    """Say whether a second step was done in this session, or none is due."""
    member: Any = request.user
    return member.is_verified() or not has_second_step(member)


def is_password_of(request: HttpRequest, password: str) -> bool:
    """Say whether who is signed in shows by ``password`` that it is them.

    Raises ``Throttled``, counting before it looks; the member is told.
    """
    member: Any = request.user
    shares = (Share(TRIES, (member.pk, request.session.get(SIGN_IN, ""))), Share(TRIES_OF_ALL, (member.pk,)))
    try:
        take_all(*shares)
    except Throttled:
        events.alert_of_failures(member, observe(request))
        raise
    fits = bool(member.check_password(password))
    if fits:
        give_all_back(*shares)
    return fits


def _ask(request: HttpRequest, page: str) -> HttpResponse:
    if request.method in SAFE_METHODS:
        return _led(page, request.get_full_path())
    try:
        return _led(page, interrupting.keep(request))
    except interrupting.CannotWait:
        text = _(
            "Files and very long texts cannot wait meanwhile, so nothing was saved yet. Please send them once more."
        )
        messages.warning(request, text)
        return _led(page, _page_before(request))


def goes_on(request: HttpRequest) -> bool:
    """Turn ``request`` into what waits for it; say False, and tell the reader, if it is not to be had any more."""
    try:
        return interrupting.take_up(request)
    except interrupting.Gone:
        text = _(
            "What you sent is not kept any more. Look whether it is saved; if it is not, please send it once more."
        )
        messages.warning(request, text)
        return False


def _led(page: str, address: str) -> HttpResponse:
    return redirect(with_next(reverse(page), address))


def _page_before(request: HttpRequest) -> str:
    """Return the page that a form was on, if it is one of ours; else the first page."""
    came_from = request.headers.get("Referer", "")
    own = is_ours(request, came_from)
    return (urlsplit(came_from).path if own else "") or resolve_url(settings.LOGIN_REDIRECT_URL)
