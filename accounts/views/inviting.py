"""The page behind an invitation to the staff."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from privacy.models import PolicyVersion
from security.forms import status_of
from security.freshness import recently_authenticated
from security.guarding import let_through
from security.observing import observe
from security.returning import with_next

from .. import invitations
from ..forms.inviting import AcceptForm, names_of
from ..models import Member, StaffInvitation
from .joining import keep_address_quiet


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Let somebody accept an invitation to the staff: with a password of their own, or signed in as who is invited."""
    asked = invitations.find(token)
    if asked is None:
        return _gone(request)
    if invitations.is_new(asked.member):
        return keep_address_quiet(_begin(request, token, asked))
    if not request.user.is_authenticated:
        return keep_address_quiet(redirect_to_login(request.path))
    if request.user.pk != asked.member_id:
        return _page(request, asked, None, HTTPStatus.FORBIDDEN)
    return keep_address_quiet(_join(request, token, asked))


def _begin(request: HttpRequest, token: str, asked: StaffInvitation) -> HttpResponse:
    """Ask for the password of a new account."""
    form = AcceptForm(request.POST if request.method == "POST" else None, member=asked.member)
    if not form.is_valid():
        return _page(request, asked, form, status_of(form))
    version = PolicyVersion.objects.in_force().first()
    password = form.cleaned_data["new_password"]
    member = invitations.accept(token, password=password, version=version, seen=observe(request))
    return _welcome(request, member)


@recently_authenticated
def _join(request: HttpRequest, token: str, asked: StaffInvitation) -> HttpResponse:
    """Ask a member for a press of the button."""
    if request.method != "POST":
        return _page(request, asked, None, HTTPStatus.OK)
    return _welcome(request, invitations.accept(token, seen=observe(request)))


def _welcome(request: HttpRequest, member: Member | None) -> HttpResponse:
    if member is None:
        return _gone(request)
    if request.user.is_authenticated:
        logout(request)
    let_through(request, member)
    messages.success(request, _("You are one of the staff now. Sign in, and set up your second step."))
    return redirect(with_next(reverse("accounts:sign-in"), reverse("admin:index")))


def _page(request: HttpRequest, asked: StaffInvitation, form: AcceptForm | None, status: HTTPStatus) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "handle": asked.member.handle, "roles": names_of(asked.roles)}
    context["is_somebody_elses"] = status == HTTPStatus.FORBIDDEN
    return keep_address_quiet(render(request, "accounts/invitation.html", context, status=status))


def _gone(request: HttpRequest) -> HttpResponse:
    return keep_address_quiet(render(request, "accounts/invitation.html", status=HTTPStatus.GONE))
