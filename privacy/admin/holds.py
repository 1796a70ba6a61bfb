"""What the law forbids to erase: asked for by one, approved by another, lifted as soon as it may be."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST

from backoffice.approval import NotNow, YourOwnWords
from backoffice.pages import PersonalDataAdmin
from privacy import holds
from privacy.erasure.names import name_of
from privacy.forms.erasure import ExtendForm, HoldForm
from privacy.models import LegalHold
from security.forms import AccessibleForm, status_of
from security.freshness import recently_authenticated
from security.signing_in import is_freshly_verified

Act = Callable[[LegalHold, HttpRequest], None]


def _approve(hold: LegalHold, request: HttpRequest) -> None:
    until = parse_datetime(request.POST.get("seen", "")[:40])
    if until is None or timezone.is_naive(until):
        raise NotNow
    holds.approve(hold, until=until, by=request.user)


def _lift(hold: LegalHold, request: HttpRequest) -> None:
    holds.lift(hold, by=request.user)


ACTS: dict[str, tuple[str, Act]] = {
    "approve": ("privacy.approve_legalhold", _approve),
    "lift": ("privacy.lift_legalhold", _lift),
}


@admin.register(LegalHold)
class LegalHoldAdmin(PersonalDataAdmin):
    """What is held of whom, on what ground, and until when."""

    list_display = ("whose", "ground", "reference", "stands", "asked_end", "ends_at")
    list_filter = ("ground",)
    list_select_related = ("member",)
    ordering = ("-asked_at",)
    fields = (
        *("whose", "ground", "reference", "held_in_words", "secret_until", "stands"),
        *("asked_by", "asked_at", "asked_end", "approved_by", "approved_at", "ends_at", "lifted_by", "lifted_at"),
    )
    readonly_fields = fields
    list_per_page = 50
    show_full_result_count = False
    change_form_template = "admin/privacy/legalhold/change_form.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("privacy.add_legalhold")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nothing be typed over: there are acts, which are written down."""
        return obj is None and super().has_change_permission(request, obj)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may approve what others asked for."""
        return request.user.has_perm("privacy.approve_legalhold")

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may end a hold, and ask for a later end."""
        return request.user.has_perm("privacy.lift_legalhold")

    @admin.display(description=gettext_lazy("member"))
    def whose(self, hold: LegalHold) -> str:
        member: Any = hold.member
        return str(member) if member is not None and member.email_verified_at else _("erased")

    @admin.display(description=gettext_lazy("what is held"))
    def held_in_words(self, hold: LegalHold) -> str:
        return ", ".join(sorted(map(name_of, holds.reach(hold.held))))

    @admin.display(description=gettext_lazy("how it stands"))
    def stands(self, hold: LegalHold) -> str:
        if hold.lifted_at:
            return _("lifted")
        if hold.ends_at is None:
            return _("waits for approval")
        if hold.ends_at <= timezone.now():
            return _("over")
        return _("in force; a later end waits for approval") if hold.is_waiting else _("in force")

    def get_urls(self) -> list[URLPattern]:
        act = require_POST(self.admin_site.admin_view(self.act_view))
        extend = self.admin_site.admin_view(self.extend_view)
        return [
            path("<int:number>/act/", act, name="privacy_legalhold_act"),
            path("<int:number>/extend/", extend, name="privacy_legalhold_extend"),
            *super().get_urls(),
        ]

    # --- asking ---------------------------------------------------------------------------------------------------
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for a hold."""
        if not (self.has_add_permission(request) and is_freshly_verified(request)):
            raise PermissionDenied
        return recently_authenticated(self._ask_which)(request)

    def _ask_which(self, request: HttpRequest) -> HttpResponse:
        form = HoldForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            with transaction.atomic():
                hold = holds.ask(by=request.user, **form.cleaned_data)
                self.log_addition(request, hold, "asked for")
            messages.success(request, _("Asked for. It holds nothing before somebody else approves it."))
            return redirect("admin:privacy_legalhold_change", hold.pk)
        return self._show(request, form, _("Ask for a legal hold"), _("Ask for it"))

    def extend_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Ask for a later end."""
        if not (self.has_lift_permission(request) and is_freshly_verified(request)):
            raise PermissionDenied
        hold = get_object_or_404(LegalHold, pk=number)
        return recently_authenticated(self._ask_until_when)(request, hold)

    def _ask_until_when(self, request: HttpRequest, hold: LegalHold) -> HttpResponse:
        form = ExtendForm(request.POST if request.method == "POST" else None)
        if form.is_valid() and self._extend(request, hold, form):
            return redirect("admin:privacy_legalhold_change", hold.pk)
        return self._show(request, form, _("Ask for a later end"), _("Ask for it"))

    def _extend(self, request: HttpRequest, hold: LegalHold, form: ExtendForm) -> bool:
        try:
            with transaction.atomic():
                holds.extend(hold, until=form.cleaned_data["until"], by=request.user)
                self.log_change(request, hold, "later end asked for")
        except NotNow:
            form.add_error(None, _("It is not in force, so there is nothing to extend."))
            return False
        messages.success(request, _("Asked for. Until somebody else approves it, the end stays as it is."))
        return True

    def _show(self, request: HttpRequest, form: AccessibleForm, title: str, submit: str) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        context |= {"form": form, "title": title, "submit": submit}
        return render(request, "admin/asking.html", context, status=status_of(form))

    # --- acts -----------------------------------------------------------------------------------------------------
    def act_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Do what a button says."""
        permission, act = ACTS.get(request.POST.get("act", ""), ("", None))
        may_any = any(request.user.has_perm(needed) for needed, _act in ACTS.values())
        if not may_any or not is_freshly_verified(request):
            raise PermissionDenied
        hold = get_object_or_404(LegalHold, pk=number)
        if act is None:
            raise Http404
        if not request.user.has_perm(permission):
            raise PermissionDenied
        self._do(request, hold, act)
        return redirect("admin:privacy_legalhold_change", hold.pk)

    def _do(self, request: HttpRequest, hold: LegalHold, act: Act) -> None:
        try:
            with transaction.atomic():  # nothing is done that is not written down
                act(hold, request)
                self.log_change(request, hold, request.POST["act"])
        except NotNow:
            messages.error(request, _("That was too late: it has changed meanwhile."))
        except YourOwnWords:
            messages.error(request, _("You asked for it yourself. Somebody else has to approve it."))
        except holds.TooLate:
            messages.error(request, _("What it would hold is erased already."))
        else:
            messages.success(request, _("Done."))

    def render_change_form(self, request: HttpRequest, context: Any, *rest: Any, **options: Any) -> Any:
        """Show one hold with what can be done with it."""
        hold = context.get("original")
        return super().render_change_form(request, {**context, **self._acts(request, hold)}, *rest, **options)

    def _acts(self, request: HttpRequest, hold: LegalHold | None) -> dict[str, Any]:
        if hold is None:
            return {}
        may_change = self.has_lift_permission(request)
        is_own = hold.asked_by_id == request.user.pk
        is_on = hold.lifted_at is None and hold.ends_at is not None and hold.ends_at > timezone.now()
        return {
            "seen": hold.asked_end.isoformat(),
            "may_approve": hold.is_waiting and self.has_approve_permission(request) and not is_own,
            "waits_for_another": hold.is_waiting and is_own,
            "may_lift": may_change and hold.lifted_at is None,
            "may_extend": may_change and is_on,
        }
