"""Global Privacy Control: a browser that says so has declined marketing for its member.

See https://www.w3.org/TR/gpc/.
"""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from .channels.kinds import NOWHERE
from .preferences import choices_of, choose
from .topics import MARKETING

HONOURED = "privacy-control"


def is_asked_for(request: HttpRequest) -> bool:
    """Say whether the browser asks for privacy."""
    return request.headers.get("Sec-GPC") == "1"


def honour_privacy_control(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Turn marketing off for whoever signs in with a browser that asks for it, once in a session."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if is_asked_for(request) and request.user.is_authenticated and not request.session.get(HONOURED):
            chosen = choices_of(request.user)
            declined = {topic: NOWHERE for topic in MARKETING if chosen[topic]}
            if declined:
                choose(request.user, declined)
                messages.info(request, _("Your browser asks for privacy, so news and offers are off now."))
            request.session[HONOURED] = True
        return get_response(request)

    return middleware
