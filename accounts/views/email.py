"""The pages of another address: asking for it, and the two links that are mailed."""

from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from security import tokens
from security.allowances import Throttled
from security.discretion import even_time
from security.forms import status_of
from security.freshness import recently_authenticated
from security.observing import observe
from security.waiting import too_often

from .. import email_change
from ..forms.reaching import ConfirmEmailForm, EmailChangeForm
from ..models import Member
from ..sign_in import WrongPassword, shows
from .joining import keep_address_quiet


@recently_authenticated
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Show the address that one signs in with; ask for another."""
    member = cast("Member", request.user)
    form = EmailChangeForm(request.POST if request.method == "POST" else None, member=member)
    if form.is_valid() and _ask(request, form):
        messages.success(request, _("Look into the mail of the new address: the link in it makes it count."))
        return redirect("accounts:settings-email")
    context = {"form": form, "address": member.email, "change": email_change.under_way(member)}
    return render(request, "accounts/settings_email.html", context, status=status_of(form))


def _ask(request: HttpRequest, form: EmailChangeForm) -> bool:
    try:
        with even_time():
            email_change.ask(form.member, form.cleaned_data["email"], seen=observe(request))
    except Throttled as error:
        form.add_error("email", too_often(error.wait))
        return False
    return True


@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    """End a change that is under way."""
    email_change.cancel(cast("Member", request.user), seen=observe(request))
    messages.success(request, _("The change has ended. Your address is as it was."))
    return redirect("accounts:settings-email")


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Let a new address count. Only a press of a button does: programs that scan mail open every link in it.

    Who is not signed in as its member shows the password too: the address may have been mistyped, and be a stranger's.
    """
    member = email_change.waiting(token)
    is_here = member is None or member == request.user
    form = None if is_here else ConfirmEmailForm(request.POST if request.method == "POST" else None)
    if member is None or request.method != "POST" or not _is_shown(form, member, token):
        return _page_of_link(request, "accounts/email_confirm.html", email_change.waiting(token), form)
    if email_change.confirm(token, seen=observe(request)) is None:
        return _page_of_link(request, "accounts/email_confirm.html", None)
    messages.success(request, _("The new address counts. From now on you sign in with it."))
    return keep_address_quiet(redirect("accounts:home" if request.user.is_authenticated else "accounts:sign-in"))


def _is_shown(form: ConfirmEmailForm | None, member: Member, token: str) -> bool:
    """Say whether who presses the button is the member; the form says what is wrong."""
    if form is None:
        return True
    try:
        return form.is_valid() and shows(member, form.cleaned_data["password"], token, tokens.CHANGE_EMAIL)
    except WrongPassword:
        form.say_it_is_wrong()
        return False


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stop a change of address, from the mailbox of the former one."""
    member = email_change.stoppable(token)
    if member is not None and request.method == "POST":
        member = email_change.stop(token, seen=observe(request))
        if member is not None:
            if request.user.pk == member.pk:
                logout(request)  # This session has ended with the others; saving it would fail.
            return keep_address_quiet(redirect("accounts:email-stopped"))
    return _page_of_link(request, "accounts/email_stop.html", member)


@login_not_required
@require_safe
def stopped(request: HttpRequest) -> HttpResponse:
    """Say how somebody gets into their account again."""
    return render(request, "accounts/email_stopped.html")


def _page_of_link(
    request: HttpRequest, template: str, member: Member | None, form: ConfirmEmailForm | None = None
) -> HttpResponse:
    status = HTTPStatus.OK if member else HTTPStatus.GONE
    if member and form and form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"handle": member and member.handle, "form": form}
    return keep_address_quiet(render(request, template, context, status=status))
