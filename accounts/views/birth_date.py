"""The page on which a birth date is corrected."""

from email.utils import parseaddr
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from privacy.juveniles import is_juvenile_born
from privacy.presenting import presented
from security.allowances import Throttled
from security.freshness import recently_authenticated

from .. import births
from ..births import Step
from ..forms.reaching import BirthDateForm
from ..models import Member, Profile


@recently_authenticated
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest) -> HttpResponse:
    """Correct a birth date; warn who would become a juvenile, and say what only staff can do."""
    member = cast("Member", request.user)
    stored = Profile.objects.get(pk=member.pk).birth_date
    form = BirthDateForm(request.POST if request.method == "POST" else None, stored=stored)
    warns = for_staff = False
    if form.is_valid():
        step = births.what_it_is(stored, form.cleaned_data["born"])
        warns = step is Step.BECOMES_JUVENILE and not form.cleaned_data["sure"]
        for_staff = step is Step.FOR_STAFF
        if not warns and not for_staff and _store(request, member, form):
            return redirect("accounts:settings-profile")
    context: dict[str, Any] = {
        "form": form,
        "born": presented("birth_date", stored),
        "warns": warns or (form.is_bound and "sure" in form.data),
        "for_staff": for_staff,
        "is_juvenile": is_juvenile_born(stored),
        "adult_age": settings.ADULT_AGE,
        "write_to": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
    }
    wrong = bool(form.errors) or warns or for_staff
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "accounts/settings_birth_date.html", context, status=status)


def _store(request: HttpRequest, member: Member, form: BirthDateForm) -> bool:
    try:
        births.correct(member, form.cleaned_data["born"])
    except Throttled as error:
        day = date_format(timezone.localdate(timezone.now() + error.wait), "j F Y")
        form.add_error(
            "year", _("A birth date can be corrected once a year. You can again from %(day)s.") % {"day": day}
        )
        return False
    messages.success(request, _("Your birth date is saved."))
    return True
