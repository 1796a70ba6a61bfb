"""The outbox for staff: what became of each notice, and what was given up."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from backoffice.pages import CarefulList, PersonalDataAdmin

from ..letters import number_of, token_of
from ..models import Notification
from ..notices import Category, UnknownNotice, declared, is_always_sent, notice_of
from ..previews import preview
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


class TokenList(CarefulList):
    """A list whose rows are known by tokens: numbers with gaps would tell of rows that are not shown."""

    def url_for_result(self, result: Any) -> str:
        return reverse("admin:notifications_notification_change", args=(quote(token_of(result)),))


@admin.register(Notification)
class NotificationAdmin(PersonalDataAdmin):
    """What is to be told, and what became of it. What a notice says, and where it goes, is covered.

    What goes to the mailbox of the moment is not here at all, such as a link for a new password or an alert: that there
    is a row just when somebody typed an address, or tried passwords with it, would tell whose it is. And of news is not
    shown whose it is: what became of it would tell what they have declined.
    """

    list_display = ("title", "told", "channel", "state", "reason", "created_at", "settled_at")
    list_filter = ("state", "channel", Kinds)
    list_select_related = ("member",)
    search_fields = ("member__handle__exact",)
    ordering = ("-created_at", "-pk")
    fields = ("title", "told", "occasion", "campaign", "channel", "state", "reason", "attempts", "is_on_site")
    readonly_fields = (*fields, "created_at", "due_at", "expires_at", "settled_at")
    list_per_page = 50
    show_full_result_count = False
    actions = ("try_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return super().get_queryset(request).exclude(notice__in=unlisted()).defer("parameters", "address")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Find rows by a handle, and news by none."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        return (found.filter(notice__in=_always_sent()) if search_term else found), may_repeat

    @admin.display(description=gettext_lazy("notice"), ordering="notice")
    def title(self, row: Notification) -> str:
        """Return what the notice is called, or by what name it was declared once."""
        try:
            return str(notice_of(row.notice).title)
        except UnknownNotice:
            return row.notice

    @admin.display(description=gettext_lazy("member"))
    def told(self, row: Notification) -> str:
        """Return to whom it goes, of what is always sent."""
        return str(row.member or "-") if is_always_sent(row.notice) else _("covered")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may have something sent again."""
        return request.user.has_perm("notifications.retry_notification")

    # --- rows by their tokens -------------------------------------------------------------------------------------
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CarefulList]:
        return TokenList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row of a token, None if there is none to be shown."""
        return self.get_queryset(request).filter(pk=number_of(object_id) or 0).first()

    def name_of(self, obj: Any) -> str:
        return token_of(obj)

    @admin.display(description="")
    def action_checkbox(self, obj: Notification) -> SafeString:
        """Return the box by which a row is chosen."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">',
            ACTION_CHECKBOX_NAME,
            token_of(obj),
            _("Choose this notice"),
        )

    def response_action(self, request: HttpRequest, queryset: Any) -> Any:  # type: ignore[override]
        """Do something with the rows of the chosen tokens."""
        posted = request.POST.copy()
        tokens = posted.getlist(ACTION_CHECKBOX_NAME)
        posted.setlist(ACTION_CHECKBOX_NAME, [str(number_of(token) or 0) for token in tokens])
        request.POST = posted  # type: ignore[assignment]
        return super().response_action(request, queryset)

    # --- acts -----------------------------------------------------------------------------------------------------
    @admin.action(description=_("Try again what was given up"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: Any) -> None:
        """Have the chosen rows sent again."""
        with transaction.atomic():
            for row in given_up().filter(pk__in=queryset.values("pk")).only("pk"):
                self.log_change(request, row, "tried again")
            count = retry(queryset)
        self._tell(request, count)

    def get_urls(self) -> list[URLPattern]:
        one = require_POST(self.admin_site.admin_view(self.retry_view))
        unlisted = require_POST(self.admin_site.admin_view(self.retry_unlisted_view))
        texts = require_safe(self.admin_site.admin_view(self.texts_view))
        return [
            path("unlisted/retry/", unlisted, name="notifications_notification_retry_unlisted"),
            path("texts/", texts, name="notifications_notification_texts"),
            path("texts/<slug:slug>/", texts, name="notifications_notification_text"),
            path("<str:token>/retry/", one, name="notifications_notification_retry"),
            *super().get_urls(),
        ]

    def retry_view(self, request: HttpRequest, token: str) -> HttpResponse:
        """Have one row sent again."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        row = self.get_object(request, token)
        if row is None:
            raise Http404
        with transaction.atomic():
            count = retry(Notification.objects.filter(pk=row.pk))
            if count:
                self.log_change(request, row, "tried again")
        self._tell(request, count)
        return redirect("admin:notifications_notification_change", quote(token))

    def retry_unlisted_view(self, request: HttpRequest) -> HttpResponse:
        """Have sent again whatever was given up of what is not listed, without saying whether there was anything."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        retry(Notification.objects.filter(notice__in=unlisted()))
        messages.success(request, _("Whatever was given up of what is not listed here is tried again."))
        return redirect("admin:notifications_notification_changelist")

    def texts_view(self, request: HttpRequest, slug: str = "") -> HttpResponse:
        """Show what every notice says, filled with a sample: their list, or one of them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            notice = notice_of(slug) if slug else None
        except UnknownNotice as error:
            raise Http404 from error
        context = {**self.admin_site.each_context(request), "opts": self.opts, "notice": notice, "notices": declared()}
        context |= {"title": notice.title if notice else _("What we write")}
        context |= {"shown": preview(notice)} if notice else {}
        return render(request, "admin/notifications/notification/texts.html", context)

    def render_change_form(self, request: HttpRequest, context: Any, *rest: Any, **options: Any) -> Any:
        """Show one row, with a button where it can be tried again."""
        row = context.get("original")
        can_retry = row and self.has_retry_permission(request) and given_up().filter(pk=row.pk).exists()
        more = {"can_retry": can_retry, "token": row and token_of(row)}
        return super().render_change_form(request, {**context, **more}, *rest, **options)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show what staff did with one row."""
        return super().history_view(request, object_id, {**(extra_context or {}), "token": unquote(object_id)})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, with what can be done about what it does not show."""
        more = {"can_retry": self.has_retry_permission(request)}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def _tell(self, request: HttpRequest, count: int) -> None:
        text = ngettext("%(n)d notice is tried again.", "%(n)d notices are tried again.", count) % {"n": count}
        level = messages.SUCCESS if count else messages.WARNING
        messages.add_message(request, level, text if count else _("Nothing of this can be tried again."))


def unlisted() -> list[str]:
    """Return the names of the notices whose rows staff are not shown."""
    return [notice.slug for notice in declared() if notice.keeps_address]


def _always_sent() -> list[str]:
    return [notice.slug for notice in declared() if notice.category.is_always_sent]
