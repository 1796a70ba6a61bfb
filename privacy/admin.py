"""The back office of privacy: the defaults that new members start with, and the policy's versions."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from .fields import bearers
from .models import FieldDefault, PolicyVersion


@admin.register(FieldDefault)
class FieldDefaultAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Which audience each field starts with. Whoever has joined keeps what was stored for them."""

    list_display = ("label", "audience")
    list_editable = ("audience",)
    list_display_links = None
    fields = ("field", "audience")
    readonly_fields = ("field",)
    actions = None

    @admin.display(description="field", ordering="field")
    def label(self, default: FieldDefault) -> str:
        bearer = bearers().get(default.field)
        return str(bearer.declared.label) if bearer else default.field

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PolicyVersion)
class PolicyVersionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The versions of the policy, to be read."""

    list_display = ("number", "effective_at", "mode")
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
