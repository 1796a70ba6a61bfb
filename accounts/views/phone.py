"""The pages of the telephone number: setting it, and the code that confirms it."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from notifications.channels import sms
from privacy.presenting import presented
from security.allowances import Throttled
from security.forms import status_of
from security.freshness import recently_authenticated
from security.observing import observe
from security.waiting import too_often

from .. import phones
from ..forms.reaching import CodeForm, PhoneForm
from ..models import Member, Profile
from ..phone_examples import example_for


@recently_authenticated
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Show one's number; set, change or remove it."""
    form = _form(request, Profile.objects.get(pk=_me(request).pk), request.POST if request.method == "POST" else None)
    if form.is_valid() and _store(request, form):
        return redirect("accounts:settings-phone")
    return _page(request, form=form)


@recently_authenticated
@require_POST
def send_code(request: HttpRequest) -> HttpResponse:
    """Send a code to the number that is stored."""
    try:
        sent = phones.send_code(_me(request), seen=observe(request))
    except Throttled as error:
        messages.warning(request, too_often(error.wait))
    else:
        if sent:
            messages.success(request, _("A code is on its way. It is good for ten minutes, and for five tries."))
        else:
            messages.warning(request, _("No text message can be sent to that number."))
    return redirect("accounts:settings-phone")


@recently_authenticated
@sensitive_post_parameters("code")
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Confirm the number by the code that was sent to it."""
    form = CodeForm(request.POST)
    if form.is_valid():
        if phones.confirm_phone(_me(request), form.cleaned_data["code"], seen=observe(request)):
            messages.success(request, _("Your phone number is confirmed."))
            return redirect("accounts:settings-phone")
        form.add_error("code", _("This is not the code. Look at the newest message, or have another code sent."))
    return _page(request, code=form)


def _store(request: HttpRequest, form: PhoneForm) -> bool:
    number = form.cleaned_data["phone"]
    try:
        changed = phones.set_phone(_me(request), number, seen=observe(request))
    except Throttled as error:
        form.add_error("phone", too_often(error.wait))
        return False
    if not changed:
        messages.info(request, _("It is the number it was."))
    else:
        messages.success(request, _("Your number is saved.") if number else _("Your number is gone."))
    return True


def _form(request: HttpRequest, profile: Profile, sent: Any = None) -> PhoneForm:
    languages = request.headers.get("Accept-Language", "")
    return PhoneForm(sent, stored=profile.phone, example=example_for(_me(request), profile.country, languages))


def _me(request: HttpRequest) -> Member:
    return cast("Member", request.user)


def _page(request: HttpRequest, form: PhoneForm | None = None, code: CodeForm | None = None) -> HttpResponse:
    me, profile = _me(request), Profile.objects.get(pk=_me(request).pk)
    context: dict[str, Any] = {
        "form": form or _form(request, profile),
        "code": code or CodeForm(),
        "number": presented("phone", profile.phone),
        "verified_at": profile.phone_verified_at,
        "is_offered": sms.is_offered(),
        "can_be_written_to": phones.can_be_written_to(profile.phone),
        "waits": phones.waits_for_code(me),
    }
    return render(request, "accounts/settings_phone.html", context, status=status_of(form, code))
