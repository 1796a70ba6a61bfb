"""Staff are viewers too: what the catalogue declares masked never reaches a staff page unasked.

``PersonalDataAdmin`` is the page over a model with personal data, ``StaffAdmin`` the one over anything else. ``checks``
refuses a page that names a masked column anywhere, and one over personal data that is not of the first class.
"""

import json
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.contenttypes.models import ContentType
from django.core import checks
from django.core.exceptions import BadRequest
from django.db import DataError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalogue.declarations import PersonalField
from catalogue.registry import masked_fields

from .checks import leaks, masked_on_path

DOTS = "•" * 8  # whatever the length of the value, and whether there is one
# Endings that the stock filters and the date drill-down of open columns put into an address.
FILTERING = ("exact", "isnull", "in", "gte", "lt", "year", "month", "day")

Column = Callable[[Any], SafeString]


class Covering:
    """Covered values on a page or an inline: masked columns are dots, and in no form whatever the options say."""

    model: type[Model]
    fields: ClassVar[Any]
    # Labels of further models whose values are shown covered on the same page: those of a profile beside its member.
    covers: ClassVar[tuple[str, ...]] = ()

    @cached_property
    def masks(self) -> tuple[Column, ...]:
        """Return one read-only column of dots for every masked value that people know by name."""
        labels = (self.model._meta.label, *self.covers)
        return tuple(_mask(field) for label in labels for field in _masked(label))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), *self.masks]  # type: ignore[misc]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*(self.fields or ()), *self.masks]

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Leave masked columns out of the form, should an option ever name one and no check have been run."""
        named: Any = super().get_exclude(request, obj) or ()  # type: ignore[misc]
        return [*named, *masked_names(self.model)]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PersonalDataInline(Covering, admin.TabularInline):  # type: ignore[type-arg]
    """Rows of personal data on another page: covered as there, neither added nor deleted."""

    extra = 0
    show_change_link = False
    view_on_site = False


class CarefulList(ChangeList):
    """A list of rows that takes a value in its address for wrong where only the database finds out that it is."""

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except (ValueError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters from error


class StaffAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin page whose address asks no question of the database but those that its filters offer."""

    show_facets = admin.ShowFacets.NEVER
    actions: Any = None
    view_on_site = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CarefulList

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Allow the declared filters only: any other lookup may hold what no database can read."""
        filters = [each[0] if isinstance(each, (list, tuple)) else each for each in self.list_filter]
        names = [name for name in (*filters, self.date_hierarchy) if isinstance(name, str)]
        own = {each.parameter_name for each in filters if hasattr(each, "parameter_name")}
        return lookup in own or lookup in {
            ending for name in names for ending in (name, *(f"{name}__{each}" for each in FILTERING))
        }

    def response_action(self, request: HttpRequest, queryset: Any) -> Any:  # type: ignore[override]
        """Refuse an act on rows whose numbers are none."""
        try:
            return super().response_action(request, queryset)
        except (ValueError, OverflowError, DataError) as error:
            raise BadRequest from error

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Let rows be named by their primary key and nothing else."""
        return to_field in ("pk", self.opts.pk.name)


class PersonalDataAdmin(Covering, StaffAdmin):
    """An admin page over personal data: masked values are dots, and no door leads around them.

    Subclasses name what is open. A masked column in any option is a system check's error, and no lookup reaches one;
    rows are neither added nor deleted here.
    """

    def message_user(
        self, request: HttpRequest, message: Any, level: Any = messages.INFO, *rest: Any, **options: Any
    ) -> None:
        """Say only that it is saved: messages wait in the session row, and Django's would name the person there."""
        super().message_user(request, _("Saved.") if level == messages.SUCCESS else message, level, *rest, **options)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Show what is open first, and everything covered in a group of its own."""
        shown = list(self.fieldsets or [(None, {"fields": list(self.fields or ())})])
        description = _("Covered for everyone, superusers too.")
        covered = (_("Personal values"), {"fields": list(self.masks), "description": description})
        return [*shown, covered] if self.masks else shown

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Allow no lookup that would answer questions about what is masked, should a filter ever name it."""
        return super().lookup_allowed(lookup, value, request) and masked_on_path(self.model, lookup) is None

    def name_of(self, obj: Any) -> str:
        """Return by what a row is known in addresses and in the history: its number, unless a page says otherwise."""
        return str(obj.pk)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write what was changed here, and not over what its owner changed meanwhile."""
        obj.save(update_fields=form.changed_data)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return _log(request, obj, self.name_of(obj), message, ADDITION)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return _log(request, obj, self.name_of(obj), message, CHANGE)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return [_log(request, obj, self.name_of(obj), "", DELETION) for obj in queryset]

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *leaks(self)]


def masked_names(model: type[Model]) -> list[str]:
    """Return the names of the columns of a model that no form may hold."""
    return [field.name for field in model._meta.concrete_fields if masked_on_path(model, field.name)]


def _masked(label: str) -> tuple[PersonalField, ...]:
    try:
        return masked_fields(label)
    except KeyError:
        return ()


def _log(request: HttpRequest, obj: Any, name: str, message: Any, action: int) -> Any:
    """Put an act into the history under the name of the row: its handle would outlive the account there."""
    staff: Any = request.user
    return LogEntry.objects.create(
        user=staff,
        content_type_id=ContentType.objects.get_for_model(obj, for_concrete_model=False).pk,
        object_id=name,
        object_repr=f"{obj._meta.verbose_name} {name}",
        action_flag=action,
        change_message=message if isinstance(message, str) else json.dumps(message),
    )


def _mask(field: PersonalField) -> Column:
    """Return a column that shows dots, whatever is behind them.

    Not who may see it, either: *nothing wider than friends, everywhere* would point out the juveniles.
    """

    def dots(row: Any) -> SafeString:
        return format_html(
            '<span class="masked"><span aria-hidden="true">{}</span><span class="visually-hidden">{}</span></span>',
            DOTS,
            _("covered"),
        )

    dots.__name__ = f"covered_{field.name}"
    dots.short_description = field.label  # type: ignore[attr-defined]
    return dots
