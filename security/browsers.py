"""Knowing a browser again: a cookie with a token for each member who signed in there, and a digest of each token."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from .models import Browser

COOKIE = "__Host-browser" if settings.SECURE else "browser"
REMEMBERED = timedelta(days=90)
TOKEN_LENGTH = 43  # 256 bits, as secrets.token_urlsafe writes them
SEPARATOR, MOST_MEMBERS = ".", 5


def cookie_of(request: HttpRequest) -> str:
    """Return what the cookie of this browser carries, or is about to carry; empty if there is none."""
    return str(getattr(request, _TOKEN, None) or request.COOKIES.get(COOKIE, ""))


def browser_with(cookie: str, member: Any) -> Browser | None:
    """Return the row of the browser that carries ``cookie``, if ``member`` has signed in with it before."""
    since = timezone.now() - REMEMBERED
    digests = [_digest(token, member) for token in _tokens(cookie)]
    return Browser.objects.filter(digest__in=digests, last_seen_at__gt=since).first() if digests else None


def known_browser(request: HttpRequest, member: Any) -> Browser | None:
    """Return the row of this browser, if ``member`` has signed in with it before."""
    return browser_with(cookie_of(request), member)


def remember_browser(request: HttpRequest, member: Any) -> tuple[Browser, bool]:
    """Know this browser again from now on; return its row, and whether it is new for ``member``.

    It gets a token of the member's own, beside those of others, and another one each time: whoever left one here is not
    known by it, and a copy is worth nothing once its owner has signed in again.
    """
    cookie, token, now = request.COOKIES.get(COOKIE, ""), secrets.token_urlsafe(32), timezone.now()
    known = {_digest(each, member): each for each in _tokens(cookie)}
    browser, digest = browser_with(cookie, member), _digest(token, member)
    others = [each for each in _tokens(cookie) if browser is None or each != known.get(browser.digest)]
    setattr(request, _TOKEN, SEPARATOR.join([token, *others][:MOST_MEMBERS]))
    if browser is None:
        return Browser.objects.create(digest=digest, member=member, last_seen_at=now), True
    Browser.objects.filter(pk=browser.pk).update(digest=digest, last_seen_at=now)
    return browser, False


def _tokens(cookie: str) -> list[str]:
    """Return the tokens in a cookie, one for each member who signed in, the latest first."""
    return [token for token in cookie.split(SEPARATOR)[:MOST_MEMBERS] if len(token) == TOKEN_LENGTH]


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
