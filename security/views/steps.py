"""The pages on which second steps are added, named and removed, and recovery codes are made."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import recovery, removing
from ..authenticator import address_of, begin_app, confirm_app, in_groups, is_added, picture_of, waiting_app
from ..forms import status_of
from ..forms.steps import AppForm, NameForm
from ..freshness import recently_authenticated
from ..observing import observe
from ..returning import wanted
from ..signing_in import verify_with_new
from ..steps import LastStep, find_step, has_second_step, kind_of, remove_step, rename_step, second_steps

ADDING = "app-being-added"  # the key under which a session names the app whose secret it has shown


@never_cache
@recently_authenticated
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def add_app(request: HttpRequest) -> HttpResponse:
    """Show the secret for an authenticator app, and take the code that shows that the app has it."""
    member: Any = request.user
    app = _app_of(request, member)
    if app is None and is_added(member, request.session.get(ADDING)):
        # Sent twice: the page of the codes was loaded once more.
        text = _("That app is added already. Codes are shown once: make new ones if you did not keep them.")
        messages.info(request, text)
        return redirect("security:settings")
    if app is None:
        return redirect("security:app")
    form = AppForm(request.POST if request.method == "POST" else None, initial={"name": _("Authenticator app")})
    if form.is_valid():
        if confirm_app(app, form.cleaned_data["code"], form.cleaned_data["name"], seen=observe(request)):
            return _added(request, app)
        form.add_error("code", _("This is not what the app shows. Look whether its clock is right."))
    address = address_of(app.secret, member.get_username())
    context = {
        "form": form,
        "next": wanted(request),
        "picture": picture_of(address),
        "address": address,
        "secret": in_groups(app.secret),
    }
    return render(request, "security/app.html", context, status=status_of(form))


def _app_of(request: HttpRequest, member: Any) -> Any:
    """Return the app that is being added in this session, begun now if the page is opened; None if there is none.

    No other session may have seen its secret, so what was begun elsewhere is never taken up.
    """
    app = waiting_app(member, request.session.get(ADDING))
    if app is None and request.method != "POST":
        app = begin_app(member)
        request.session[ADDING] = app.pk
    return app


def _added(request: HttpRequest, device: Any) -> HttpResponse:
    """Count this session as verified; with the first step, show recovery codes."""
    verify_with_new(request, device)
    messages.success(request, _("Added. From now on it can do the second step."))
    if not recovery.has_codes(request.user):
        return _show_codes(request)
    return redirect(wanted(request) or "security:settings")


@recently_authenticated
@require_safe
def add_passkey(request: HttpRequest) -> HttpResponse:
    """Show the way to a passkey, which the browser makes."""
    context = {
        "form": NameForm(initial={"name": observe(request).device or _("Passkey")}),
        "next": wanted(request),
    }
    return render(request, "security/passkey.html", context)


@recently_authenticated
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, kind: str, step_id: int) -> HttpResponse:
    """Show one second step: its name, to be changed, and what follows from removing it."""
    device = _step_or_404(request, kind, step_id)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": device.name})
    if form.is_valid():
        rename_step(device, form.cleaned_data["name"])
        messages.success(request, _("Saved."))
        return redirect("security:settings")
    return render(request, "security/step.html", _about(request, device, form), status=status_of(form))


@recently_authenticated
@require_POST
def remove(request: HttpRequest, kind: str, step_id: int) -> HttpResponse:
    """Take a second step away, and sign out everywhere else."""
    device = _step_or_404(request, kind, step_id)
    request.session.cycle_key()
    try:
        remove_step(device, here=request.session.session_key, seen=observe(request))
    except LastStep:
        context = _about(request, device, NameForm(initial={"name": device.name}), refused=True)
        return render(request, "security/step.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("Removed. Every other browser is signed out."))
    return redirect("security:settings")


def _step_or_404(request: HttpRequest, kind: str, step_id: int) -> Any:
    device = find_step(request.user, kind, step_id)
    if device is None:
        raise Http404
    return device


def _about(request: HttpRequest, device: Any, form: NameForm, **more: Any) -> dict[str, Any]:
    is_last = len(second_steps(request.user)) == 1
    return {"step": device, "kind": kind_of(device), "form": form, "is_last": is_last, **more}


# --- recovery codes -----------------------------------------------------------------------------------------------
@never_cache
@recently_authenticated
@require_http_methods(["GET", "HEAD", "POST"])
def codes(request: HttpRequest) -> HttpResponse:
    """Say how many recovery codes are left, and make new ones, which are shown once."""
    if not has_second_step(request.user):
        return redirect("security:settings")
    if request.method == "POST":
        return _show_codes(request)
    context = {"left": recovery.codes_left(request.user), "of": recovery.HOW_MANY, "next": wanted(request)}
    return render(request, "security/codes.html", context)


def _show_codes(request: HttpRequest) -> HttpResponse:
    made = recovery.make_codes(request.user, seen=observe(request))
    request.session.cycle_key()
    page = render(request, "security/codes_made.html", {"codes": made, "next": wanted(request)})
    page["Cache-Control"] = "no-store, private"
    return page


@require_POST
def codes_file(request: HttpRequest) -> HttpResponse:
    """Hand back the codes that a page shows as a file. They are not kept, so the page sends them."""
    shown = request.POST.getlist("codes")[: recovery.HOW_MANY]
    if not recovery.are_good(request.user, shown):
        messages.warning(request, _("These codes are not the ones that are good now. Make new ones to have a file."))
        return redirect("security:codes")
    heading = _("Recovery codes of @%(handle)s at Hedgerow. Each works once.") % {"handle": request.user.get_username()}
    answer = HttpResponse("\n".join([heading, "", *shown, ""]), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="hedgerow-recovery-codes.txt"'
    answer["Cache-Control"] = "no-store, private"
    return answer


@recently_authenticated
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the second steps that are to be taken away."""
    removal = removing.pending(request.user)
    if removal is not None:
        removing.keep(removal, seen=observe(request))
        messages.success(request, _("Your second steps stay."))
    return redirect("security:settings")
