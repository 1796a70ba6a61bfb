"""A new password for who has said that it was not them."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from security import tokens
from security.answering import told
from security.disowning import done_since
from security.forms import status_of
from security.guarding import let_through
from security.observing import observe

from .. import passwords
from ..forms.signing import NewPasswordForm
from .joining import keep_address_quiet


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest, token: str) -> HttpResponse:
    """Set a new password by the link that put somebody out. It signs nobody in, and opens nothing afterwards."""
    event = tokens.event_of(token, tokens.NOT_ME) or tokens.event_of(token, tokens.NEW_PASSWORD)
    if event is None or event.member.has_usable_password() or not event.member.is_active:
        return keep_address_quiet(redirect("security:not-me", token))
    form = NewPasswordForm(request.POST if request.method == "POST" else None, member=event.member)
    password = form.cleaned_data["new_password"] if form.is_valid() else ""
    if not password:
        context = {"form": form, "since": [told(each, None) for each in done_since(event)]}
        return keep_address_quiet(render(request, "accounts/not_me_password.html", context, status=status_of(form)))
    changed = passwords.replace_password(token, password, seen=observe(request))
    if changed is None:
        return keep_address_quiet(redirect("security:not-me", token))
    if request.user.pk == changed.pk:
        logout(request)  # This session has ended with the others; saving it would fail.
    let_through(request, changed)
    messages.success(request, _("Your new password is set. Sign in with it, and look over what else was done."))
    onward = urlencode({"next": reverse("security:gave-away")})
    return keep_address_quiet(redirect(f"{reverse('accounts:sign-in')}?{onward}"))
