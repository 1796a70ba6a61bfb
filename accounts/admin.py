"""The back office of people: who is here, everything personal covered, and the roles of staff."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from privacy.masking import PersonalDataAdmin

from .models import Member


@admin.register(Member)
class MemberAdmin(PersonalDataAdmin):
    """Members by handle. Taking away *active* suspends somebody at once, everywhere."""

    covers = ("accounts.Profile",)
    list_display = ("handle", "is_active", "is_staff", "joined_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("handle",)
    ordering = ("handle",)
    fields = ("handle", "is_active", "is_staff", "joined_at", "email_verified_at")
    readonly_fields = ("handle", "is_staff", "joined_at", "email_verified_at")
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Read nothing that is sealed: what is not loaded cannot be shown."""
        return super().get_queryset(request).only("pk", *self.fields)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave colleagues to superusers, so that nobody shuts out who looks at their work; oneself to nobody."""
        if not super().has_change_permission(request, obj):
            return False
        if obj is None or not obj.is_staff:
            return True
        return bool(request.user.is_superuser) and obj.pk != request.user.pk


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What each role may do, for superusers to read. The roles themselves are a table in the code."""

    list_display = ("name",)
    fields = ("name", "permissions")
    actions = None

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
