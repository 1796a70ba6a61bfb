"""The pages of passwords: a new one for who knows the old one, and for who does not."""

from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from security import tokens
from security.allowances import Throttled
from security.discretion import even_time
from security.forms import status_of
from security.freshness import recently_authenticated
from security.guarding import count_request_for_mail, let_through
from security.observing import observe
from security.returning import wanted
from security.waiting import ask_to_wait

from .. import passwords
from ..forms.signing import AskResetForm, NewPasswordForm
from ..models import Member
from .joining import keep_address_quiet


@recently_authenticated
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """Set a new password for who has just shown that they know the old one."""
    member = cast("Member", request.user)
    form = NewPasswordForm(request.POST if request.method == "POST" else None, member=member)
    if form.is_valid():
        key = request.session.session_key
        passwords.change_password(member, form.cleaned_data["new_password"], keep_session=key, seen=observe(request))
        update_session_auth_hash(request, member)
        messages.success(request, _("Your password is changed. Every other browser is signed out."))
        return redirect(wanted(request) or "security:settings")
    return render(request, "accounts/password_change.html", {"form": form}, status=status_of(form))


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask_reset(request: HttpRequest) -> HttpResponse:
    """Mail a link to who has forgotten the password. Known or unknown, the answer is the same."""
    form = AskResetForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "accounts/password_reset.html", {"form": form}, status=status_of(form))
    email = form.cleaned_data["email"]
    try:
        has_room = count_request_for_mail(request, "reset-password", email)
    except Throttled as refused:
        form.say_wait(refused.wait)
        return ask_to_wait(render(request, "accounts/password_reset.html", {"form": form}), refused.wait)
    with even_time():
        if has_room:
            passwords.send_reset(email)
    return redirect("accounts:password-reset-sent")


@login_not_required
@require_safe
def reset_sent(request: HttpRequest) -> HttpResponse:
    """Say what happens next, whether there is an account or not."""
    return render(request, "accounts/password_reset_sent.html")


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, token: str) -> HttpResponse:
    """Set a new password by a link that was mailed. It signs nobody in: the new password is to be typed once."""
    member = tokens.find(token, tokens.RESET_PASSWORD)
    if member is None:
        return _dead_link(request)
    form = NewPasswordForm(request.POST if request.method == "POST" else None, member=member)
    if not form.is_valid():
        page = render(request, "accounts/password_reset_form.html", {"form": form}, status=status_of(form))
        return keep_address_quiet(page)
    changed = passwords.reset_password(token, form.cleaned_data["new_password"], seen=observe(request))
    if changed is None:
        return _dead_link(request)
    if request.user.pk == changed.pk:
        logout(request)  # This session has ended with the others; saving it would fail.
    let_through(request, changed)
    messages.success(request, _("Your new password is set. Sign in with it."))
    return keep_address_quiet(redirect("accounts:sign-in"))


def _dead_link(request: HttpRequest) -> HttpResponse:
    return keep_address_quiet(render(request, "accounts/password_reset_gone.html", status=HTTPStatus.GONE))
