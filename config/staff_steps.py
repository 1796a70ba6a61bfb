"""What is asked of staff on every page: a second step, and not to leave a browser open behind them."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _

from security.returning import with_next
from security.steps import must_add_step

from .signing_in import SAFE_METHODS, page_of_form

USED = "used-at"  # when a session of staff was last used, in seconds since 1970
WRITE_EVERY = 60
# Where somebody goes who has no second step yet: the way to one, out, what is done about an
# alert, what everybody may read, and what programs ask.
WAY_TO_A_STEP = frozenset(
    {
        "security:settings",
        "security:app",
        "security:passkey",
        "security:passkey-add-begin",
        "security:passkey-add",
        "security:codes",
        "security:codes-file",
        "security:again",
        "security:again-drop",
    }
)
OPEN = frozenset(
    {
        "accounts:sign-out",
        "admin:logout",
        "security:not-me",
        "accounts:not-me-password",
        "accounts:email-stop",
        "accounts:email-stopped",
        "accounts:cancelled",
        "accounts:keep",
        "privacy:policy",
        "privacy:policy-versions",
        "privacy:policy-version",
        "privacy:verify-certificate",
        "privacy:certificate-key",
        "healthz",
        "readyz",
        "robots",
        "security-txt",
        "well-known-change-password",
        "gpc-json",
        "notifications:unsubscribe",
        "dev-mails",
        "dev-mail",
        "dev-mail-html",
    }
)


class StaffTakeASecondStep:
    """Leads staff without a second step to one, whatever page they ask for, and ends a session that stood idle."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Look at the session once it is known which page is asked for; return None to let it be shown."""
        member: Any = request.user
        if not (member.is_authenticated and member.is_staff):
            return None
        if _stood_idle(request):
            return _sign_out(request)
        asked = request.resolver_match.view_name if request.resolver_match else ""
        if asked in OPEN or asked in WAY_TO_A_STEP or member.is_verified() or not must_add_step(member):
            return None
        return redirect(with_next(reverse("security:settings"), _page_asked_for(request)))


def _stood_idle(request: HttpRequest) -> bool:
    """Say whether nobody used this session for a while; write down, at most once a minute, that somebody does now."""
    now = int(time.time())
    used = request.session.get(USED, now)
    if now - used > settings.STAFF_IDLE:
        return True
    if USED not in request.session or now - used >= WRITE_EVERY:
        request.session[USED] = now
    return False


def _sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.warning(request, _("Nobody did anything here for a while, so you were signed out: you are staff."))
    return redirect_to_login(_page_asked_for(request), resolve_url(settings.LOGIN_URL))


def _page_asked_for(request: HttpRequest) -> str:
    """Return the page to come back to: what was asked for, or the one that a form was on."""
    return request.get_full_path() if request.method in SAFE_METHODS else page_of_form(request)
