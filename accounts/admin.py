"""The back office of people: who is here, everything personal covered, and the roles of staff."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from backoffice.pages import DOTS, PersonalDataAdmin, StaffAdmin
from security.discretion import even_time
from security.events import NOWHERE
from security.forms import AccessibleForm, status_of
from security.freshness import recently_authenticated
from security.observing import observe
from security.sessions import end_sessions
from security.signing_in import is_freshly_verified

from . import age_admin, age_cases
from .age_cases import Teller
from .cancelling import cancel
from .forms.age import ReportChildForm
from .forms.inviting import InviteForm, RolesForm, names_of
from .forms.leaving import CancelAtRequestForm
from .invitations import YourOwnAddress, invite, withdraw
from .models import Member, MemberQuerySet, StaffInvitation
from .registration import HandleTaken
from .roles import change_roles, roles_of

__all__ = ["MemberAdmin", "RoleAdmin", "StaffInvitationAdmin", "age_admin"]


def _ask(page: StaffAdmin, request: HttpRequest, form: AccessibleForm, title: str, submit: str) -> HttpResponse:
    """Show a form on a page of its own."""
    context = {**page.admin_site.each_context(request), "opts": page.opts}
    context |= {"form": form, "title": title, "submit": submit}
    return render(request, "admin/asking.html", context, status=status_of(form))


@admin.register(Member)
class MemberAdmin(PersonalDataAdmin):
    """Confirmed members by handle. Taking away *active* suspends somebody at once, everywhere."""

    covers = ("accounts.Profile",)
    list_display = ("handle", "is_active", "is_staff", "joined_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("handle",)
    ordering = ("handle",)
    fields = ("handle", "is_active", "is_staff", "joined_at", "email_verified_at", "cancelled_at")
    readonly_fields = ("handle", "is_staff", "joined_at", "email_verified_at", "cancelled_at")
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Read nothing that is sealed: what is not loaded cannot be shown.

        Nor who is unconfirmed: anybody who joins with the address of somebody else would see here, by the handle they
        chose, whether it has an account.
        """
        everybody = cast("MemberQuerySet", super().get_queryset(request))
        return everybody.confirmed().only("pk", *self.fields)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Say beside the box what unticking it does."""
        helps = {"is_active": _("Untick it to suspend this member: invisible to all, signed out everywhere at once.")}
        return super().get_form(request, obj, change, help_texts=helps, **options)

    def get_urls(self) -> list[URLPattern]:
        views = (self.roles_view, self.cancel_view, self.report_view)
        roles, cancel, report = (self.admin_site.admin_view(view) for view in views)
        return [
            path("<int:number>/report/", report, name="accounts_member_report"),
            path("<int:number>/roles/", roles, name="accounts_member_roles"),
            path("<int:number>/cancel/", cancel, name="accounts_member_cancel"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *rest: Any, **options: Any) -> Any:
        """Show one member; of a colleague, lead a superuser to their roles."""
        member, chief = context.get("original"), request.user
        leads = member is not None and member.is_staff and chief.is_superuser and member.pk != chief.pk
        more = {"leads_to_roles": leads, "leads_to_cancelling": member and self._may_cancel(request, member)}
        more["leads_to_reporting"] = self.has_report_permission(request)
        return super().render_change_form(request, {**context, **more}, *rest, **options)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may cancel the account of who asks for it."""
        return request.user.has_perm("accounts.cancel_member")

    def _may_cancel(self, request: HttpRequest, member: Member) -> bool:
        """Leave colleagues to superusers, and oneself to one's own page."""
        is_left = member.is_staff and not request.user.is_superuser
        may = self.has_cancel_permission(request) and not is_left
        return bool(may and member.cancelled_at is None and member.pk != request.user.pk)

    def cancel_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Cancel an account at its member's request."""
        if not (self.has_cancel_permission(request) and is_freshly_verified(request)):
            raise PermissionDenied
        member = get_object_or_404(self.get_queryset(request), pk=number)
        if not self._may_cancel(request, member):
            raise PermissionDenied
        return recently_authenticated(self._ask_whether)(request, member)

    def _ask_whether(self, request: HttpRequest, member: Member) -> HttpResponse:
        form = CancelAtRequestForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            with transaction.atomic():
                self.log_change(request, member, "cancelled at their request")
                cancel(member, by=cast("Member", request.user), seen=NOWHERE)
            messages.success(request, _("Cancelled. The member is told by mail."))
            return redirect("admin:accounts_member_change", member.pk)
        title = _("Cancel the account of @%s") % member.handle
        return _ask(self, request, form, title, _("Cancel the account"))

    def has_report_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may report somebody as a child."""
        return request.user.has_perm("privacy.report_agecase")

    def report_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Hand a member to the staff of safety, as somebody who may be a child."""
        if not self.has_report_permission(request):
            raise PermissionDenied
        member = get_object_or_404(self.get_queryset(request), pk=number)
        form = ReportChildForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            with transaction.atomic():
                self.log_change(request, member, "reported")
                age_cases.tell(member, form.cleaned_data["words"], teller=Teller.STAFF)
            messages.success(request, _("The staff of safety look at it."))
            return redirect("admin:accounts_member_change", member.pk)
        title = _("Report @%s as a child") % member.handle
        return _ask(self, request, form, title, _("Report a child's account"))

    def roles_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Choose the roles of a colleague."""
        if not (request.user.is_superuser and is_freshly_verified(request)):
            raise PermissionDenied
        colleague = get_object_or_404(self.get_queryset(request), pk=number, is_staff=True)
        if colleague.pk == request.user.pk:
            raise PermissionDenied
        return recently_authenticated(self._ask_which)(request, colleague)

    def _ask_which(self, request: HttpRequest, colleague: Member) -> HttpResponse:
        initial = {"roles": sorted(roles_of(colleague))}
        form = RolesForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            roles = sorted(form.cleaned_data["roles"])
            with transaction.atomic():
                self.log_change(request, colleague, f"roles: {', '.join(roles) or 'none'}")
                change_roles(colleague, roles, by=request.user, seen=observe(request))
            messages.success(request, _("Saved."))
            return redirect("admin:accounts_member_change", colleague.pk)
        return _ask(self, request, form, _("Roles of @%s") % colleague.handle, _("Save the roles"))

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: Any) -> None:
        """Suspend with effect at once: no session of theirs goes on, should they ever come back."""
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            end_sessions(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave colleagues to superusers, so that nobody shuts out who looks at their work; oneself to nobody."""
        if not super().has_change_permission(request, obj):
            return False
        if obj is None or not obj.is_staff:
            return True
        return bool(request.user.is_superuser) and obj.pk != request.user.pk


@admin.register(StaffInvitation)
class StaffInvitationAdmin(PersonalDataAdmin):
    """Who is invited to the staff and has not answered. Superusers invite, and take an invitation back."""

    list_display = ("address", "roles_in_words", "invited_at", "expires_at")
    fields = ("roles_in_words", "invited_at", "expires_at")
    readonly_fields = ("roles_in_words", "invited_at", "expires_at")
    ordering = ("-invited_at",)
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffInvitation]:
        return super().get_queryset(request).only("pk", "roles", "invited_at", "expires_at", "member_id")

    @admin.display(description=_("address"))
    def address(self, asked: StaffInvitation) -> str:
        """Stand in for the address, which is covered here as everywhere."""
        return DOTS

    @admin.display(description=_("roles"))
    def roles_in_words(self, asked: StaffInvitation) -> str:
        return names_of(asked.roles)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def delete_model(self, request: HttpRequest, obj: StaffInvitation) -> None:
        withdraw(obj)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Invite somebody to the staff."""
        if not (self.has_add_permission(request) and is_freshly_verified(request)):
            raise PermissionDenied
        return recently_authenticated(self._ask_whom)(request)

    def _ask_whom(self, request: HttpRequest) -> HttpResponse:
        form = InviteForm(request.POST if request.method == "POST" else None)
        if form.is_valid() and self._invite(request, form):
            messages.success(request, _("The invitation is on its way."))
            return redirect("admin:accounts_staffinvitation_changelist")
        return _ask(self, request, form, _("Invite to the staff"), _("Send the invitation"))

    def _invite(self, request: HttpRequest, form: InviteForm) -> bool:
        """Invite; say False after telling the form what is in the way. It takes as long for a known address."""
        answers = form.cleaned_data
        try:
            with even_time():
                asked = invite(answers["email"], answers["handle"], answers["roles"], by=cast("Member", request.user))
        except HandleTaken:
            form.add_error("handle", Member._meta.get_field("handle").error_messages["unique"])
        except YourOwnAddress:
            form.add_error("email", _("This is your own address. Nobody gives themself roles."))
        else:
            self.log_addition(request, asked, f"invited: {', '.join(asked.roles)}")
            return True
        return False


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(StaffAdmin):
    """What each role may do, for superusers to read. The roles themselves are a table in the code."""

    list_display = ("name",)
    fields = ("name", "permissions")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
