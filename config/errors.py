"""The pages for what cannot be answered. None of them says more than its status."""

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token

logger = logging.getLogger(__name__)

Page = Callable[..., HttpResponse]
# What Django raises over a form that is too large, broken, or in letters that nobody knows.
UNREADABLE = (SuspiciousOperation, MultiPartParserError, UnreadablePostError, LookupError, UnicodeError)

PLAIN = "<!doctype html><html lang=en><title>Hedgerow</title><h1>{0}</h1><p>This page cannot be shown right now.</p>"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400. The request is not shown to the template: it may be what is wrong."""
    return error_page(None, HTTPStatus.BAD_REQUEST)


def with_a_token(page: Page) -> Page:
    """Let the page of an error carry forms; answer 400 if what was sent cannot be read, as it is to find a token."""
    guarded = requires_csrf_token(page)

    @wraps(page)
    def readable(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return guarded(request, *args, **kwargs)
        except UNREADABLE:
            return bad_request(request)

    return readable


@with_a_token
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return error_page(request, HTTPStatus.FORBIDDEN)


@with_a_token
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404, the same page whether the thing is absent, hidden or its owner has blocked the reader."""
    return error_page(request, HTTPStatus.NOT_FOUND)


@with_a_token
def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """Answer 405: an address that acts was opened as a page, or the other way round."""
    return error_page(request, HTTPStatus.METHOD_NOT_ALLOWED)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without asking any database who is reading: it may be what is broken."""
    return error_page(None, HTTPStatus.INTERNAL_SERVER_ERROR)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form that was not sent from a page of ours, or from one gone stale."""
    return error_page(None, HTTPStatus.FORBIDDEN, "errors/csrf.html")


def error_page(request: HttpRequest | None, status: HTTPStatus, template: str = "") -> HttpResponse:
    """Return the page of ``status``, or a bare one if even that cannot be rendered."""
    page: str
    try:
        page = render_to_string(template or f"errors/{status.value}.html", request=request)
    except Exception:  # An error page that fails would hide the error it is about.
        logger.exception("the page of an error could not be rendered")
        page = PLAIN.format(status.phrase)
    return HttpResponse(page, status=status)
