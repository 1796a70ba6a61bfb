"""Who has not agreed to a policy that asks again reads it, takes data along, cancels or signs out, and no more."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from privacy.policy.asking import must_agree
from security import interrupting
from security.freshness import goes_on, takes_up
from security.returning import with_next

from .signing_in import SAFE_METHODS, page_of_form
from .staff_steps import OPEN

# The policy itself, and the ways out. What else is open needs no account: pages for everybody, links that were mailed.
WAYS_OUT = frozenset(
    {
        "privacy:agree",
        "privacy:agreed",
        "privacy:download",
        "privacy:download-ask",
        "privacy:download-get",
        "privacy:download-delete",
        "accounts:settings-cancel",
        "security:again",
        "security:again-drop",
        "security:verify",
        "security:passkey-again-begin",
        "security:passkey-again",
    }
)


class AgreeFirst:
    """Leads to the question whoever has to agree first; a form goes on by itself once they have."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Look whether they have to agree, once it is known which page is asked for; None lets it be shown."""
        asked = request.resolver_match.view_name if request.resolver_match else ""
        if not request.user.is_authenticated or asked in OPEN or asked in WAYS_OUT:
            return None
        if must_agree(request):
            return redirect(with_next(reverse("privacy:agree"), _to_go_on_with(request)))
        if interrupting.is_sent_on(request) and not takes_up(view) and not goes_on(request):
            return redirect(interrupting.plain_address(request))
        return None


def _to_go_on_with(request: HttpRequest) -> str:
    """Return what to go on with: the page that was asked for, or what was sent, which waits meanwhile."""
    if request.method in SAFE_METHODS:
        return request.get_full_path()
    try:
        return interrupting.keep(request)
    except interrupting.CannotWait:
        messages.warning(
            request,
            _("Files and very long texts cannot wait meanwhile, so nothing was saved yet. Please send them once more."),
        )
        return page_of_form(request)
