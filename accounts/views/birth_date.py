"""The page on which a birth date is corrected, and on which staff are asked to where nobody can do it themself."""

from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from privacy.juveniles import is_juvenile_born
from privacy.presenting import presented
from security.allowances import Throttled
from security.forms import status_of
from security.freshness import recently_authenticated
from security.waiting import ask_to_wait, too_often

from .. import age_cases, births
from ..births import Step
from ..forms.age import AnswerForm, AskStaffForm
from ..forms.reaching import BirthDateForm
from ..models import Member, Profile


@recently_authenticated
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest) -> HttpResponse:
    """Correct a birth date; warn who would become a juvenile, and offer to ask staff for what only they can do."""
    member = cast("Member", request.user)
    stored = Profile.objects.get(pk=member.pk).birth_date
    form = BirthDateForm(request.POST if request.method == "POST" else None, stored=stored)
    warns = for_staff = False
    if form.is_valid():
        step = births.what_it_is(stored, form.cleaned_data["born"])
        warns = step is Step.BECOMES_JUVENILE and not form.cleaned_data["sure"]
        for_staff = step is Step.FOR_STAFF
        if not warns and not for_staff:
            if _store(request, member, form):
                return redirect("accounts:settings-profile")
            for_staff = True
    wrong = bool(form.errors) or warns or for_staff
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    warns = warns or (form.is_bound and "sure" in form.data)
    return _page(request, form, status, warns=warns, asking=AskStaffForm() if for_staff else None)


def _page(request: HttpRequest, form: BirthDateForm, status: HTTPStatus, **more: Any) -> HttpResponse:
    member = cast("Member", request.user)
    stored = Profile.objects.get(pk=member.pk).birth_date
    case = age_cases.standing_of(member)
    context: dict[str, Any] = {
        "form": form,
        "born": presented("birth_date", stored),
        "is_juvenile": is_juvenile_born(stored),
        "adult_age": settings.ADULT_AGE,
        "has_asked": case.has_asked,
        "answering": AnswerForm() if case.awaits_answer else None,
    }
    return render(request, "accounts/settings_birth_date.html", context | more, status=status)


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


@recently_authenticated
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask staff for another birth date, with the date and the reason; nothing is changed by that."""
    member = cast("Member", request.user)
    stored = Profile.objects.get(pk=member.pk).birth_date
    form, asking = BirthDateForm(request.POST, stored=stored), AskStaffForm(request.POST)
    is_another = form.is_valid() and form.cleaned_data["born"] != stored
    if form.is_valid() and not is_another:
        form.add_error("year", _("That is the date we have."))
    if not (asking.is_valid() and is_another):
        return _page(request, form, status_of(form, asking), asking=asking)
    try:
        births.ask_staff(member, form.cleaned_data["born"], asking.cleaned_data["words"])
    except Throttled as refused:
        asking.add_error("words", too_often(refused.wait))
        return ask_to_wait(_page(request, form, HTTPStatus.TOO_MANY_REQUESTS, asking=asking), refused.wait)
    messages.success(request, _("Our staff look at it, and we tell you what becomes of it."))
    return redirect("accounts:settings-birth-date")


@recently_authenticated
@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Take what a member says whom staff have asked."""
    member = cast("Member", request.user)
    stored = Profile.objects.get(pk=member.pk).birth_date
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, BirthDateForm(None, stored=stored), status_of(form), answering=form)
    if age_cases.answer(member, form.cleaned_data["words"]):
        messages.success(request, _("Thank you. Our staff look at it."))
    return redirect("accounts:settings-birth-date")
