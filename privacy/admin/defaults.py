"""The defaults that new members start with."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from backoffice.pages import StaffAdmin
from catalogue.vocabulary import Audience
from privacy.audiences import CONTACT_FIELDS
from privacy.fields import bearers
from privacy.models import FieldDefault


def label_of(default: FieldDefault) -> str:
    bearer = bearers().get(default.field)
    return str(bearer.declared.label) if bearer else default.field


class AudienceOfField(forms.ModelForm):  # type: ignore[type-arg]
    """One default, in a line of the list and on its own page; the control is named after its field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        audience = self.fields.get("audience")  # not there for who may only look
        if audience is not None:
            audience.widget.attrs["aria-label"] = label_of(self.instance)
            audience.choices = self.choices()  # type: ignore[attr-defined]

    def choices(self) -> list[tuple[int, Any]]:
        """Return what may be a default: no circles, which newcomers have none of, and no contact data for everyone."""
        narrowest_known = Audience.MEMBERS if self.instance.field in CONTACT_FIELDS else Audience.EVERYONE
        offered = [audience for audience in Audience if audience >= narrowest_known]
        return [(audience.value, audience.label) for audience in offered if audience is not Audience.CIRCLES]


@admin.register(FieldDefault)
class FieldDefaultAdmin(StaffAdmin):
    """Which audience each field starts with. Whoever has joined keeps what was stored for them."""

    form = AudienceOfField
    list_display = ("label", "audience")
    list_editable = ("audience",)
    list_display_links = None
    fields = ("field", "audience")
    readonly_fields = ("field",)

    @admin.display(description="field", ordering="field")
    def label(self, default: FieldDefault) -> str:
        return label_of(default)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, form=self.form, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
