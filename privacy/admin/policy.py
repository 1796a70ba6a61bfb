"""The versions of the policy."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backoffice.pages import StaffAdmin
from privacy.models import PolicyVersion


@admin.register(PolicyVersion)
class PolicyVersionAdmin(StaffAdmin):
    """The versions of the policy, to be read."""

    list_display = ("number", "effective_at", "mode")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
