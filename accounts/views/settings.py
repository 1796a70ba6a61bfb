"""Own settings of people: the profile and its picture."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from encryption.fields import UNAVAILABLE
from privacy.audiences import choices
from privacy.presenting import presented
from security.forms import status_of

from .. import pictures, reviewing
from ..forms.profile import ProfileForm, declared
from ..models import Member, Profile
from ..profiles import update_profile

GROUPS = (
    (gettext_lazy("What people call you"), ("display_name", "pronouns", "bio", "interests")),
    (gettext_lazy("Where to reach you"), ("website", "postal_address")),
    (gettext_lazy("Where you are found"), ("city", "country", "employer", "school")),
    (gettext_lazy("Your clock"), ("time_zone",)),
)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_profile(request: HttpRequest) -> HttpResponse:
    """Show the form of a profile, filled with what is known; store what changed."""
    if request.method != "POST":
        return _page(request, ProfileForm(member=_me(request)))
    form = ProfileForm(request.POST, request.FILES, member=_me(request), is_too_big=_lost_a_file(request))
    if not form.is_valid():
        return _page(request, form)
    # Files first: no transaction waits for them, and what comes to nothing is swept up.
    painted = form.cleaned_data["picture"]
    _store(_me(request), form, pictures.seal_picture(_me(request), painted) if painted else None)
    messages.success(request, _("Saved. Who sees it is as before."))
    return redirect("accounts:settings-profile")


@transaction.atomic
def _store(member: Member, form: ProfileForm, picture: UUID | None) -> None:
    update_profile(member, form.changes, by=member)
    reviewing.confirm(member)  # whoever saves this page has seen all of it
    if picture is not None:
        pictures.show_picture(member, picture)


@require_POST
def confirm_information(request: HttpRequest) -> HttpResponse:
    """Take the word of a member that what they tell about themself is right."""
    reviewing.confirm(_me(request))
    messages.success(request, _("Thank you. We ask again in a year."))
    return redirect("accounts:settings-profile")


@require_POST
def remove_picture(request: HttpRequest) -> HttpResponse:
    """Take the picture away."""
    pictures.remove_picture(_me(request))
    messages.success(request, _("The picture is gone, its file too."))
    return redirect("accounts:settings-profile")


def _me(request: HttpRequest) -> Member:
    assert isinstance(request.user, Member)
    return request.user


def _lost_a_file(request: HttpRequest) -> bool:
    """Say whether the upload was too long for memory, where Django leaves the file out without a word."""
    sent = request.META.get("CONTENT_LENGTH") or "0"
    return not request.FILES and sent.isdecimal() and int(sent) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE


def _page(request: HttpRequest, form: ProfileForm) -> HttpResponse:
    me, chosen = _me(request), choices(_me(request))
    profile = Profile.objects.get(pk=me.pk)
    context: dict[str, Any] = {
        "form": form,
        "last_looked_at": reviewing.is_due(me) and reviewing.confirmed_at(me),
        "groups": [(title, [_row(form, name, chosen) for name in names]) for title, names in GROUPS],
        "picture": _row(form, "picture", chosen),
        "seen": {"picture": profile.picture},
        "reached": [_reached("email", me.email, chosen), _reached("phone", profile.phone, chosen)],
        "birth_date": presented("birth_date", profile.birth_date),
        "birth_date_why": declared("birth_date").why,
        "birth_choices": [(name, declared(name).label, chosen[name]) for name in ("birthday", "birth_date")],
    }
    return render(request, "accounts/settings_profile.html", context, status=status_of(form))


def _reached(name: str, value: Any, chosen: dict[str, Any]) -> dict[str, Any]:
    """Return what is changed on a page of its own, with who sees it."""
    return {
        "name": name,
        "label": declared(name).label,
        "value": presented(name, value),
        "choice": chosen[name],
        "page": f"accounts:settings-{name}",
    }


def _row(form: ProfileForm, name: str, chosen: dict[str, Any]) -> dict[str, Any]:
    """Return a control with what stands beside it: who sees the value, and whether it could be opened."""
    return {
        "field": form[name],
        "name": name,
        "choice": chosen.get(name),
        "unavailable": str(UNAVAILABLE) if name in form.unavailable else "",
    }
