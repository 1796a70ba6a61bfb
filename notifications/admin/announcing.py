"""Announcements for staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice.pages import StaffAdmin

from ..announcements import changed
from ..models import Announcement, Reach
from .writing import MINUTES, a_page_of_ours, ours_alone, readable


class AnnouncementForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is announced, to whom, and how long. Whom it is about is for the programs to say that know."""

    starts_at = forms.DateTimeField(
        label=_("From"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES)
    )
    ends_at = forms.DateTimeField(
        label=_("Until"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES)
    )

    class Meta:
        model = Announcement
        fields = ("text", "page", "reach", "is_warning", "starts_at", "ends_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].validators += [readable, ours_alone]
        self.fields["page"].validators += [a_page_of_ours]
        offered = [choice for choice in Reach.choices if choice[0] != Reach.AFFECTED]
        if self.instance.reach != Reach.AFFECTED:
            self.fields["reach"].choices = offered  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse an end that lies before the beginning."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("ends_at") and cleaned.get("starts_at") and cleaned["ends_at"] <= cleaned["starts_at"]:
            self.add_error("ends_at", _("It ends before it begins."))
        return cleaned


@admin.register(Announcement)
class AnnouncementAdmin(StaffAdmin):
    """What every page shows for a while."""

    form = AnnouncementForm
    list_display = ("text", "reach", "is_warning", "starts_at", "ends_at")
    list_filter = ("reach",)
    ordering = ("-starts_at", "-pk")
    fields = ("text", "page", "reach", "is_warning", "starts_at", "ends_at")
    list_per_page = 50
    show_full_result_count = False

    def save_model(self, request: HttpRequest, obj: Announcement, form: Any, change: bool) -> None:
        """Store it, and show it at once."""
        obj.written_by = request.user  # type: ignore[assignment]
        obj.save()
        transaction.on_commit(changed)

    def delete_model(self, request: HttpRequest, obj: Announcement) -> None:
        """Take it back at once."""
        obj.delete()
        transaction.on_commit(changed)
