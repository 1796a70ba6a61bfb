"""Who has chosen what to hear of, and addresses that take nothing, for staff."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest

from backoffice.pages import PersonalDataAdmin, StaffAdmin

from ..models import Preference, Suppression
from ..suppression import digest_of


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
    """Addresses that take nothing, each known by a keyed digest alone. Deleting one has it written to again.

    Whoever called our news spam asks for them again by themself: nobody does it for them.
    """

    list_display = ("reason", "code", "since")
    list_filter = ("reason",)
    ordering = ("-since",)
    fields = ("reason", "code", "since")
    readonly_fields = fields
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("reason",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Find a dead address by the handle of its member."""
        if not search_term.strip():
            return queryset, False
        handle = search_term.strip().removeprefix("@")
        member = get_user_model()._default_manager.filter(handle__iexact=handle).first()
        digests = [digest_of(member.email)] if member is not None and isinstance(member.email, str) else []
        return queryset.filter(reason=Suppression.Reason.BOUNCED, digest__in=digests), False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let an address be written to again that is said not to be there."""
        is_dead = obj is None or obj.reason == Suppression.Reason.BOUNCED
        return super().has_delete_permission(request, obj) and is_dead

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
