"""Small pages for programs: is it alive, is it ready, where to report a hole."""

import logging
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from privacy.erasure.replaying import is_clean

logger = logging.getLogger(__name__)

TEXT = "text/plain; charset=utf-8"
# RFC 9116 wants less than a year; a date that moves with the clock is always in the future.
SECURITY_TXT_LIFE = timedelta(days=180)
ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /settings/
Disallow: /media/
Disallow: /people/
Disallow: /unsubscribe/
"""
# When the site last changed how it takes Global Privacy Control.
GPC_SINCE = "2026-11-26"
SECURITY_TXT = """Contact: {contact}
Expires: {expires}
Preferred-Languages: en
Canonical: {address}/.well-known/security.txt
Policy: {address}/policy/
"""


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process is alive."""
    return HttpResponse("ok\n", content_type=TEXT)


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether requests can be served: both databases answer, and nobody is back who was erased."""
    silent = [alias for alias in connections if not answers(alias)]
    if silent:
        return HttpResponse(f"waiting for {', '.join(silent)}\n", TEXT, status=HTTPStatus.SERVICE_UNAVAILABLE)
    if not is_clean():
        return HttpResponse("waiting for erasures\n", TEXT, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return HttpResponse("ready\n", content_type=TEXT)


def answers(alias: str) -> bool:
    """Tell whether the database ``alias`` answers a query."""
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() is not None
    except DatabaseError:
        logger.warning("a database does not answer")
        return False


@login_not_required
@cache_control(max_age=3600, public=True)
@require_safe
def gpc_json(request: HttpRequest) -> HttpResponse:
    """Say that Global Privacy Control is honoured (https://www.w3.org/TR/gpc/, 5)."""
    return JsonResponse({"gpc": True, "lastUpdate": GPC_SINCE})


@login_not_required
@cache_control(max_age=3600, public=True)
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers what is not for them."""
    return HttpResponse(ROBOTS, content_type=TEXT)


@login_not_required
@cache_control(max_age=3600, public=True)
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Say where a security hole is reported (RFC 9116)."""
    expires = (timezone.now() + SECURITY_TXT_LIFE).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = SECURITY_TXT.format(contact=settings.SECURITY_CONTACT, expires=expires, address=settings.PUBLIC_URL)
    return HttpResponse(text, content_type=TEXT)


@login_not_required
@require_safe
def change_password(request: HttpRequest) -> HttpResponse:
    """Lead password managers to the page that changes a password."""
    return redirect("accounts:password-change")
