"""Staff are viewers too: what the catalogue declares masked never reaches a staff page unasked."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.core import checks
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalogue.registry import personal_data_of

DOTS = "•" * 8  # whatever the length of the value
NAMING_OPTIONS = (
    "list_display",
    "list_editable",
    "list_filter",
    "search_fields",
    "ordering",
    "fields",
    "readonly_fields",
    "autocomplete_fields",
    "raw_id_fields",
    "list_display_links",
    "sortable_by",
)


def masked_columns(model: type[Model]) -> dict[str, Any]:
    """Return the masked columns of a model with their labels, blind indexes and sealed columns included."""
    data = personal_data_of(model._meta.label)
    declared = {field.column: field.label for field in data.fields if field.masked} if data else {}
    hidden = {
        field.name: field.verbose_name
        for field in model._meta.concrete_fields
        if getattr(field, "sealed", False) or hasattr(field, "of")
    }
    return hidden | declared


class PersonalDataAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin page over personal data: masked values are dots, and no door leads around them.

    Subclasses name what is open. A masked column in any option is a system check's error; a lookup in the address
    is allowed for the declared filters and nothing else; rows are neither added nor deleted here.
    """

    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), *self.masks()]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*(self.fields or ()), *self.masks()]

    def masks(self) -> list[Callable[[Any], SafeString]]:
        """Return one read-only column of dots for every masked one that people know by name."""
        data = personal_data_of(self.model._meta.label)
        return [_mask(field.label) for field in data.fields if field.masked] if data else []

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Allow the declared filters only: any other lookup would answer questions about what is masked."""
        filters = [each if isinstance(each, str) else each[0] for each in self.list_filter]
        return any(lookup in (name, f"{name}__exact", f"{name}__isnull") for name in filters)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *self._leaks()]

    def _leaks(self) -> Iterator[checks.CheckMessage]:
        masked = masked_columns(self.model)
        for option in NAMING_OPTIONS:
            for name in getattr(self, option) or ():
                column = str(name).lstrip("-^=@").split("__")[0]
                if column in masked:
                    yield checks.Error(
                        f"{option} names the masked column {column}.",
                        hint="Staff uncover a value by giving a reason; no list, form or search may show it.",
                        obj=self.__class__,
                        id="privacy.E001",
                    )


def _mask(label: Any) -> Callable[[Any], SafeString]:
    """Return a column that shows dots, whatever it stands for."""

    def dots(_row: Any) -> SafeString:
        return format_html('<span class="masked" aria-label="{}">{}</span>', _("covered"), DOTS)

    dots.short_description = label  # type: ignore[attr-defined]
    return dots
