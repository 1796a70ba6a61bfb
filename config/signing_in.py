"""Who is not signed in and asks for a page of their own: where they go, and where they come back to."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import Resolver404, resolve

from security.returning import is_ours

from .routes import methods

UNSAVED = "unsaved"  # the parameter by which the page of signing in says that nothing was saved
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class SignInAndReturn(LoginRequiredMiddleware):
    """Asks for a sign-in, and leads back to a page: where a form was sent to is often none."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        """Lead to the sign-in. What was sent with a form is lost, so the page says that nothing was saved."""
        if request.method in SAFE_METHODS:
            return super().handle_no_permission(request, view_func)
        led = redirect_to_login(
            page_of_form(request), resolve_url(self.get_login_url(view_func)), self.get_redirect_field_name(view_func)
        )
        # In the address: a message would leave a row of a session for everybody who asks.
        led["Location"] = f"{led['Location']}&{UNSAVED}=1"
        return led


def page_of_form(request: HttpRequest) -> str:
    """Return the path of the page that a form was on, if it is one of ours; else of the first page."""
    came_from = request.headers.get("Referer", "")
    if not is_ours(request, came_from):
        return resolve_url("accounts:home")
    path = urlsplit(came_from).path
    return path if is_page(path) else resolve_url("accounts:home")


def is_page(path: str) -> bool:
    """Say whether ``path`` can be gone to. What a refused form is answered with may stand where only forms go."""
    try:
        return "GET" in methods(resolve(path).func)
    except Resolver404:
        return False
