"""Cases of age for the staff of safety: taken up, read, settled with a reason, and approved by somebody else.

What was told stays covered until somebody asks for it, and that is written into the history each time.
"""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from backoffice.acts import APPROVE, ActingAdmin, Button
from backoffice.approval import NotNow
from backoffice.pages import PersonalDataAdmin
from privacy.models import AgeCase
from security.forms import status_of
from security.freshness import recently_authenticated
from security.signing_in import is_freshly_verified

from . import age_cases
from .age_cases import DECIDABLE, CannotBe, Finding, Refused, Stage, Teller
from .forms.age import DecisionForm
from .models import Member

BUTTONS = {
    button.name: button
    for button in (
        Button(
            "look",
            gettext_lazy("Take it up"),
            (Stage.OPEN,),
            lambda case, _request: age_cases.look(case),
            gettext_lazy("It is being looked at."),
        ),
        Button(
            "ask",
            gettext_lazy("Ask the member whether the date is right"),
            (Stage.LOOKED,),
            lambda case, _request: age_cases.ask(case),
            gettext_lazy("The member is asked, by mail and on the site."),
        ),
        Button(
            APPROVE,
            gettext_lazy("Approve: erase this account now, without grace"),
            (Stage.PROPOSED,),
            lambda case, request: age_cases.approve(case, by=cast("Member", request.user)),
            gettext_lazy("Nobody sees the account any more, and it is being erased."),
            is_dangerous=True,
        ),
        Button(
            "take-back",
            gettext_lazy("Look at it again"),
            (Stage.PROPOSED,),
            lambda case, _request: age_cases.take_back(case),
            gettext_lazy("It is being looked at again."),
        ),
    )
}
WRONG = {
    Refused.NO_DATE: gettext_lazy("Write the date that is right."),
    Refused.TOO_YOUNG: gettext_lazy("Whoever was born then is too young for an account: that is a child's account."),
}


@admin.register(AgeCase)
class AgeCaseAdmin(PersonalDataAdmin, ActingAdmin):
    """Whose age is in question, and how far staff have come. What they found is covered as what was told is."""

    buttons = BUTTONS
    list_display = ("member", "stage", "opened_at", "closed_at")
    list_filter = ("stage",)
    list_select_related = ("member",)
    search_fields = ("member__handle__exact",)
    ordering = ("-opened_at", "-pk")
    fields = ("member", "stage", "opened_at", "closed_at", "decided_by", "approved_by")
    readonly_fields = fields
    list_per_page = 50
    show_full_result_count = False
    change_form_template = "admin/privacy/agecase/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgeCase]:
        return super().get_queryset(request).defer("told", "finding")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nothing be typed over: a case goes on by its buttons."""
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may work on cases."""
        return request.user.has_perm("privacy.decide_agecase")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.has_decide_permission(request)

    def has_report_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may say that an account is a child's."""
        return request.user.has_perm("privacy.report_agecase")

    def has_read_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may read what was told."""
        return self.has_decide_permission(request) or self.has_approve_permission(request)

    def is_written_by(self, row: AgeCase, member: Any) -> bool:
        return member.pk in (row.decided_by_id, row.member_id)

    def get_urls(self) -> list[URLPattern]:
        told = require_POST(self.admin_site.admin_view(never_cache(self.told_view)))
        decide = self.admin_site.admin_view(self.decide_view)
        return [
            path("<int:number>/told/", told, name="privacy_agecase_told"),
            path("<int:number>/decide/", decide, name="privacy_agecase_decide"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *rest: Any, **options: Any) -> Any:
        """Show one case with what can be done with it."""
        case: Any = context.get("original")
        more: dict[str, Any] = {}
        if case is not None:
            may_decide = self.has_decide_permission(request) and case.stage in DECIDABLE
            more = {"buttons": list(self.buttons_for(request, case)), "may_decide": may_decide}
            more["may_read"] = self.has_read_permission(request)
            more["waits"] = case.stage == Stage.PROPOSED and not self.may_approve(request, case)
        return super().render_change_form(request, {**context, **more}, *rest, **options)

    def act_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Do what a button says, for who has just shown who they are."""
        if not (self.has_read_permission(request) and is_freshly_verified(request)):
            raise PermissionDenied
        return recently_authenticated(super().act_view)(request, number)

    def told_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Show what was told and what was found, after writing down who asked for it."""
        if not (self.has_read_permission(request) and is_freshly_verified(request)):
            raise PermissionDenied
        return recently_authenticated(self._show)(request, get_object_or_404(AgeCase, pk=number))

    def _show(self, request: HttpRequest, case: AgeCase) -> HttpResponse:
        self.log_change(request, case, "read")
        told = case.told if isinstance(case.told, list) else []
        context = self._context(request, case, _("What was told"))
        context |= {"told": [_readable(entry) for entry in told], "is_lost": not told}
        context["finding"] = case.finding if isinstance(case.finding, dict) else None
        if context["finding"]:
            context["finding_label"] = Finding(context["finding"]["finding"]).label
        context["may_decide"] = self.has_decide_permission(request) and case.stage in DECIDABLE
        return render(request, "admin/privacy/agecase/told.html", context)

    def decide_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Settle a case."""
        if not (self.has_decide_permission(request) and is_freshly_verified(request)):
            raise PermissionDenied
        return recently_authenticated(self._ask_what)(request, get_object_or_404(AgeCase, pk=number))

    def _ask_what(self, request: HttpRequest, case: AgeCase) -> HttpResponse:
        form = DecisionForm(request.POST if request.method == "POST" else None)
        try:
            if form.is_valid():
                self._decide(request, case, form)
                return redirect("admin:privacy_agecase_change", case.pk)
        except CannotBe as refused:
            form.add_error("day", WRONG[refused.why])
        except NotNow:
            messages.error(request, _("That was too late: it has come further meanwhile."))
            return redirect("admin:privacy_agecase_change", case.pk)
        context = self._context(request, case, _("Settle a case")) | {"form": form, "submit": _("Settle it")}
        return render(request, "admin/asking.html", context, status=status_of(form))

    @transaction.atomic
    def _decide(self, request: HttpRequest, case: AgeCase, form: DecisionForm) -> None:
        self.log_change(request, case, "decided")  # and never what: the history is not sealed
        age_cases.decide(
            case,
            Finding(form.cleaned_data["finding"]),
            by=cast("Member", request.user),
            reason=form.cleaned_data["words"],
            born=form.cleaned_data["born"],
        )
        messages.success(request, _("Settled. An erasure waits for a second member of staff."))

    def _context(self, request: HttpRequest, case: AgeCase, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "case": case, "title": title}


def _readable(entry: dict[str, str]) -> dict[str, Any]:
    """Return an entry of what was told with its moment as one, and by whom it was in words."""
    return {
        "by": Teller(entry["by"]).label,
        "at": datetime.fromisoformat(entry["at"]),
        "words": entry["words"],
        "born": entry["born"].strip(),
    }
