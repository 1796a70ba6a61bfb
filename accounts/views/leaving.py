"""The pages of leaving: what cancelling does, and the mailed link that undoes it."""

from http import HTTPStatus
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalogue.registry import stores
from privacy.erasure.certificate import kept
from privacy.holds import told_to
from security.forms import status_of
from security.freshness import recently_authenticated
from security.observing import observe

from .. import cancelling
from ..forms.leaving import CancelForm
from ..models import Member
from .joining import keep_address_quiet

DAYS_OF_A_YEAR = 365


@recently_authenticated
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest) -> HttpResponse:
    """Say what cancelling does, and do it."""
    member = cast("Member", request.user)
    form = CancelForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        cancelling.cancel(member, by=member, seen=observe(request))
        logout(request)  # the session has ended with the others
        return redirect("accounts:cancelled")
    grace = settings.CANCELLATION_GRACE
    context = {
        "form": form,
        "grace": grace.days,
        "due": timezone.now() + grace,
        "kept": [each | {"years": (each["days"] or 0) // DAYS_OF_A_YEAR} for each in kept()],
        "fading": [store for store in stores() if store.keep_for and not store.erase],
        "holds": told_to(member),
    }
    return render(request, "accounts/settings_cancel.html", context, status=status_of(form))


@login_not_required
@require_safe
def cancelled(request: HttpRequest) -> HttpResponse:
    """Say that it is done, and how to come back."""
    return render(request, "accounts/cancelled.html", {"grace": settings.CANCELLATION_GRACE.days})


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest, token: str) -> HttpResponse:
    """Undo a cancellation by the mailed link. Only a press of a button does: programs open every link in a mail."""
    member = cancelling.keepable(token)
    if member is not None and request.method == "POST" and cancelling.keep_by(token, seen=observe(request)):
        messages.success(request, _("Your account stays. Sign in as before."))
        return keep_address_quiet(redirect("accounts:sign-in"))
    context = {"handle": member and member.handle}
    status = HTTPStatus.OK if member else HTTPStatus.GONE
    return keep_address_quiet(render(request, "accounts/keep.html", context, status=status))
