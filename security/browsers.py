"""Knowing a browser again: a cookie that says nothing, and a digest for each member who signed in with it."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from .models import Browser, Event, Kind

COOKIE = "__Host-browser" if settings.SECURE else "browser"
REMEMBERED = timedelta(days=90)
TOKEN_LENGTH = 43  # 256 bits, as secrets.token_urlsafe writes them


def cookie_of(request: HttpRequest) -> str:
    """Return what the cookie of this browser carries, or is about to carry; empty if there is none."""
    return str(getattr(request, _TOKEN, None) or request.COOKIES.get(COOKIE, ""))


def browser_with(cookie: str, member: Any) -> Browser | None:
    """Return the row of the browser that carries ``cookie``, if ``member`` has signed in with it before."""
    since = timezone.now() - REMEMBERED
    return Browser.objects.filter(digest=_digest(cookie, member), last_seen_at__gt=since).first() if cookie else None


def known_browser(request: HttpRequest, member: Any) -> Browser | None:
    """Return the row of this browser, if ``member`` has signed in with it before."""
    return browser_with(cookie_of(request), member)


def remember_browser(request: HttpRequest, member: Any) -> tuple[Browser, bool]:
    """Know this browser again from now on; return its row, and whether it is new for ``member``."""
    token = request.COOKIES.get(COOKIE, "")
    if len(token) != TOKEN_LENGTH or (not browser_with(token, member) and _was_disowned(member)):
        token = secrets.token_urlsafe(32)
    setattr(request, _TOKEN, token)
    now = timezone.now()
    browser, made = Browser.objects.get_or_create(digest=_digest(token, member), defaults={"member": member})
    is_new = made or browser.last_seen_at <= now - REMEMBERED
    Browser.objects.filter(pk=browser.pk).update(last_seen_at=now)
    return browser, is_new


def _was_disowned(member: Any) -> bool:
    """Say whether the browsers of ``member`` were forgotten of late: somebody else may have a copy of a cookie."""
    return Event.objects.filter(member=member, kind__in=(Kind.NOT_ME, Kind.NOT_ME_STEPS)).exists()


def carry_cookie(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Set the cookie of a browser in which somebody has just signed in."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        token = getattr(request, _TOKEN, None)
        if token is not None:
            response.set_cookie(
                COOKIE,
                token,
                max_age=int(REMEMBERED.total_seconds()),
                secure=settings.SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    return middleware


_TOKEN = "_hedgerow_browser"  # noqa: S105 - the name of an attribute of the request


def _digest(token: str, member: Any) -> str:
    """Return what is stored. With the member in it, no dump tells who shares a browser."""
    return hashlib.sha256(f"{token}:{member.pk}".encode("utf-8", "replace")).hexdigest()
