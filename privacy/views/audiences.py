"""Own settings of privacy, and the check-up."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalogue.vocabulary import Audience
from privacy import checkup
from privacy.audiences import choices, set_audience
from privacy.changes import record
from privacy.fields import bearers, profile_model
from privacy.forms.audiences import AudienceForm
from privacy.juveniles import is_juvenile
from privacy.models import Circle
from privacy.presenting import presented
from privacy.visibility import Viewer, visible_profiles
from privacy.yearly import came_of_age_lately
from security.forms import status_of
from security.returning import wanted

MEANINGS = {
    Audience.EVERYONE: gettext_lazy("Anyone on the internet, signed in or not"),
    Audience.MEMBERS: gettext_lazy("Anyone with an account here"),
    Audience.FRIENDS: gettext_lazy("The people you have accepted as friends"),
    Audience.CIRCLES: gettext_lazy("Only people in the circles you tick"),
    Audience.ONLY_ME: gettext_lazy("You. Staff see that it is covered, and no more"),
}


# What anybody can do with contact data that is on the open internet.
RISKS = {
    "email": gettext_lazy("Anyone can write to it, with no account."),
    "phone": gettext_lazy("Anyone can call it or send it messages, with no account."),
    "postal_address": gettext_lazy("Anyone can write to it or come by, with no account."),
}


@require_safe
def settings_privacy(request: HttpRequest) -> HttpResponse:
    """Show every field with its value and who sees it, each changeable."""
    return render(request, "privacy/settings_privacy.html", _overview(request.user))


def _overview(member: Any) -> dict[str, Any]:
    mine, chosen = _own_values(member), choices(member)
    groups = [(step.title, [_row(name, mine, chosen) for name in step.fields]) for step in checkup.steps()]
    profile = profile_model()._default_manager.select_related("member").get(pk=member.pk)
    return {
        "groups": groups,
        "came_of_age": came_of_age_lately(profile, timezone.localdate()),
        "listed": profile.listed,  # type: ignore[attr-defined]
        "may_be_listed": not is_juvenile(member),
        "circles": Circle.objects.filter(owner=member).with_keys(),
        "open_steps": len(checkup.open_steps(member)),
    }


def _own_values(member: Any) -> dict[str, Any]:
    return visible_profiles([member.pk], Viewer.of(member)).get(member.pk, {})


def _row(name: str, mine: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    declared = bearers()[name].declared
    return {"name": name, "label": declared.label, "value": presented(name, mine.get(name)), "choice": chosen[name]}


@require_http_methods(["GET", "HEAD", "POST"])
def field_audience(request: HttpRequest, field: str) -> HttpResponse:
    """Choose who sees one field."""
    if field not in bearers():
        raise Http404
    current = choices(request.user)[field]
    form = AudienceForm(
        request.POST if request.method == "POST" else None, member=request.user, field=field, current=current
    )
    if request.method == "POST" and "keep" in request.POST:
        return redirect(_back(request))
    if request.method == "POST" and form.is_valid() and _store(request.user, field, form):
        messages.success(request, _changed(request.user, field))
        return redirect(_back(request))
    context = _question(request, field, form, current)
    return render(request, "privacy/field_audience.html", context, status=status_of(form))


def _store(member: Any, field: str, form: AudienceForm) -> bool:
    """Store the answer; say False, with the reason on the form, if it is not to be had any more."""
    answer = form.cleaned_data
    try:
        set_audience(member, field, answer["audience"], circles=answer["circles"], exceptions=answer["exceptions"])
    except ValidationError as refusal:
        form.add_error("audience", refusal)
        return False
    checkup.look_over(member, [field])
    return True


def _changed(member: Any, field: str) -> str:
    """Say it without names: messages wait in the session, where circles and people must not lie in the open."""
    label, choice = bearers()[field].declared.label, choices(member)[field]
    return _("Saved. Who sees %(field)s: %(who)s.") % {"field": label, "who": choice.in_numbers}


def _question(request: HttpRequest, field: str, form: AudienceForm, current: Any) -> dict[str, Any]:
    young = is_juvenile(request.user)
    options = [
        {"audience": audience, "meaning": MEANINGS[audience]}
        for audience in Audience
        if not (young and audience < Audience.FRIENDS)
    ]
    return {
        "form": form,
        "field": field,
        "label": bearers()[field].declared.label,
        "value": presented(field, _own_values(request.user).get(field)),
        "current": current,
        "chosen_circles": form["circles"].value() or [],
        "options": options,
        "young": young,
        "risk": RISKS.get(field, ""),
        "next": _back(request),
    }


def _back(request: HttpRequest) -> str:
    """Return where the member came from, if that is a page of ours."""
    return wanted(request) or reverse("privacy:settings-privacy")


@require_POST
def set_listed(request: HttpRequest) -> HttpResponse:
    """Say whether directory, search and suggestions may show me."""
    listed = request.POST.get("listed") == "on"
    if listed and is_juvenile(request.user):
        messages.warning(request, _("Under 18, nobody is listed."))
    else:
        with transaction.atomic():
            profile_model()._default_manager.filter(pk=request.user.pk).update(listed=listed)
            record(request.user, ["listed"])
        messages.success(request, _("You are listed.") if listed else _("You are not listed any more."))
    return redirect("privacy:settings-privacy")


@require_http_methods(["GET", "HEAD", "POST"])
def check_up(request: HttpRequest) -> HttpResponse:
    """Look over who sees what, a few fields at a time."""
    steps, remaining = checkup.steps(), checkup.open_steps(request.user)
    if request.method == "POST":
        done = next((step for step in steps if step.slug == request.POST.get("step")), None)
        if done is None:
            raise Http404
        checkup.look_over(request.user, done.fields)
        return redirect("privacy:check-up")
    asked = request.GET.get("step")
    step = next((step for step in steps if step.slug == asked), remaining[0] if remaining else None)
    mine, chosen = _own_values(request.user), choices(request.user)
    open_slugs = {step.slug for step in remaining}
    context = {
        "steps": [{"step": each, "done": each.slug not in open_slugs, "current": each is step} for each in steps],
        "step": step,
        "rows": [_row(name, mine, chosen) for name in step.fields] if step else [],
        "done": len(steps) - len(remaining),
        "total": len(steps),
    }
    return render(request, "privacy/check_up.html", context)
