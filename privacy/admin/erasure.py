"""Who leaves."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backoffice.pages import PersonalDataAdmin
from privacy.models import ErasureRequest


@admin.register(ErasureRequest)
class ErasureRequestAdmin(PersonalDataAdmin):
    """Who leaves, since when, and when it falls due."""

    list_display = ("member", "origin", "asked_at", "due_at", "kept_at")
    list_filter = ("origin",)
    list_select_related = ("member",)
    search_fields = ("member__handle__exact",)
    ordering = ("due_at",)
    fields = ("member", "origin", "asked_by", "asked_at", "due_at", "kept_at")
    readonly_fields = fields
    list_per_page = 50
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
