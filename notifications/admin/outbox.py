"""The outbox for staff: what became of each notice, what was given up, and addresses that take nothing."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from backoffice.pages import PersonalDataAdmin, StaffAdmin

from ..models import Notification, Preference, Suppression
from ..notices import Category, UnknownNotice, declared, notice_of
from ..retrying import given_up, retry


class Kinds(admin.SimpleListFilter):
    """Leave the notices of one category."""

    title = _("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return [(category.value, category.label) for category in Category if category != Category.SECURITY]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in Category.values:
            return queryset
        return queryset.filter(notice__in=[notice.slug for notice in declared() if notice.category == self.value()])


@admin.register(Notification)
class NotificationAdmin(PersonalDataAdmin):
    """What is to be told, and what became of it. What a notice says, and where it goes, is covered.

    What goes to the mailbox of the moment is not here at all, such as a link for a new password or an alert: that there
    is a row just when somebody typed an address, or tried passwords with it, would tell whose it is.
    """

    list_display = ("title", "member", "channel", "state", "reason", "created_at", "settled_at")
    list_filter = ("state", "channel", Kinds)
    list_select_related = ("member",)
    search_fields = ("member__handle__exact",)
    ordering = ("-created_at", "-pk")
    fields = ("notice", "member", "occasion", "campaign", "channel", "state", "reason", "attempts", "is_on_site")
    readonly_fields = (*fields, "created_at", "due_at", "expires_at", "settled_at")
    list_per_page = 50
    show_full_result_count = False
    actions = ("try_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        asked_for = [notice.slug for notice in declared() if notice.keeps_address]
        return super().get_queryset(request).exclude(notice__in=asked_for).defer("parameters", "address")

    @admin.display(description=gettext_lazy("notice"), ordering="notice")
    def title(self, row: Notification) -> str:
        """Return what the notice is called, or by what name it was declared once."""
        try:
            return str(notice_of(row.notice).title)
        except UnknownNotice:
            return row.notice

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may have something sent again."""
        return request.user.has_perm("notifications.retry_notification")

    @admin.action(description=_("Try again what was given up"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: Any) -> None:
        """Have the chosen rows sent again."""
        self._tell(request, retry(queryset))

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.retry_view))
        return [path("<int:number>/retry/", view, name="notifications_notification_retry"), *super().get_urls()]

    def retry_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Have one row sent again."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=number)
        count = retry(Notification.objects.filter(pk=row.pk))
        if count:
            self.log_change(request, row, "tried again")
        self._tell(request, count)
        return redirect("admin:notifications_notification_change", row.pk)

    def render_change_form(self, request: HttpRequest, context: Any, *rest: Any, **options: Any) -> Any:
        """Show one row, with a button where it can be tried again."""
        row = context.get("original")
        can_retry = row and self.has_retry_permission(request) and given_up().filter(pk=row.pk).exists()
        return super().render_change_form(request, {**context, "can_retry": can_retry}, *rest, **options)

    def _tell(self, request: HttpRequest, count: int) -> None:
        text = ngettext("%(n)d notice is tried again.", "%(n)d notices are tried again.", count) % {"n": count}
        level = messages.SUCCESS if count else messages.WARNING
        messages.add_message(request, level, text if count else _("Nothing of this can be tried again."))


@admin.register(Preference)
class PreferenceAdmin(PersonalDataAdmin):
    """Who has chosen something. What they chose is theirs, and covered."""

    list_display = ("member",)
    list_select_related = ("member",)
    search_fields = ("member__handle__exact",)
    ordering = ("pk",)
    fields = ("member",)
    readonly_fields = ("member",)
    list_per_page = 50
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Suppression)
class SuppressionAdmin(StaffAdmin):
    """Addresses that take nothing, each known by a keyed digest alone. Deleting one has it written to again."""

    list_display = ("pk", "reason", "code", "since")
    list_filter = ("reason",)
    ordering = ("-since",)
    fields = ("reason", "code", "since")
    readonly_fields = fields
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
