"""System checks of the staff site: no option of an admin class may name what the catalogue declares masked.

``backoffice.E001`` finds a masked column in an option, in code that an option names, or down a relation;
``backoffice.E002`` finds a page over personal data that does not cover it.
"""

from collections.abc import Callable, Iterable, Iterator
from types import CodeType
from typing import Any

from django.apps import apps
from django.contrib.admin import ListFilter
from django.contrib.admin.sites import all_sites
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model

from catalogue.declarations import PersonalData
from catalogue.registry import personal_data_of

# Options that hold names of columns, or of methods and callables that are read like columns.
NAMING_OPTIONS = (
    "autocomplete_fields",
    "date_hierarchy",
    "fields",
    "fieldsets",
    "filter_horizontal",
    "filter_vertical",
    "list_display",
    "list_display_links",
    "list_editable",
    "list_filter",
    "list_select_related",
    "ordering",
    "prepopulated_fields",
    "radio_fields",
    "raw_id_fields",
    "readonly_fields",
    "search_fields",
    "sortable_by",
)
# Methods that Django asks instead, or that say what a search finds.
ANSWERING = (
    "get_autocomplete_fields",
    "get_fields",
    "get_fieldsets",
    "get_list_display",
    "get_list_display_links",
    "get_list_filter",
    "get_ordering",
    "get_prepopulated_fields",
    "get_readonly_fields",
    "get_search_fields",
    "get_search_results",
    "get_sortable_by",
)
HINT = "Staff uncover a value by giving a reason; no list, form or search may show it."
COVER = "Derive the class from backoffice.pages.PersonalDataAdmin (an inline from PersonalDataInline)."


# --- what is masked -----------------------------------------------------------------------------------------------
def declaration_of(model: type[Model]) -> PersonalData | None:
    """Return what the catalogue says of a model, if anything."""
    try:
        return personal_data_of(model._meta.label)
    except KeyError:
        return None


def masked_columns(model: type[Model]) -> set[str]:
    """Return the names of the masked columns of a model: sealed ones, blind indexes and members' audiences included."""
    data = declaration_of(model)
    names = {field.column for field in data.fields if field.masked} if data else set()
    for field in model._meta.concrete_fields:
        # Audiences tell who is a juvenile: nothing of theirs is wider than friends.
        chosen = getattr(field, "is_audience", False) and bool(data and data.subjects)
        if chosen or getattr(field, "sealed", False) or hasattr(field, "of"):
            names.add(field.name)
        if field.name in names:
            names.add(field.attname)
    return names


def masked_on_path(model: type[Model], path: str) -> str | None:
    """Return the masked column that a lookup (``profile__city__isnull``) meets on its way, as ``app.Model.column``."""
    for part in path.lstrip("-^=@").split("__"):
        name = model._meta.pk.name if part == "pk" else part
        if name in masked_columns(model):
            return f"{model._meta.label}.{name}"
        try:
            field: Any = model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        if not field.is_relation or field.related_model is None:
            return None
        model = field.related_model
    return None


# --- what an admin class names ------------------------------------------------------------------------------------
@checks.register(checks.Tags.admin)
def check_staff_sites(**_: object) -> list[checks.CheckMessage]:
    """Look at every page of every staff site: personal data is covered, and named by no other page either."""
    models = apps.get_models(include_auto_created=True)
    pages = [site.get_model_admin(model) for site in all_sites for model in models if site.is_registered(model)]
    return [message for page in pages for message in problems(page)]


def problems(page: Any) -> Iterator[checks.CheckMessage]:
    """Yield what is wrong with one admin; those that cover their data report their own leaks as they are checked."""
    if is_covering(page):
        return
    if holds_personal_data(page.model):
        yield checks.Error(
            f"{page.model._meta.label} holds personal data, and this page does not cover it.",
            hint=COVER,
            obj=page.__class__,
            id="backoffice.E002",
        )
    yield from leaks(page)


def is_covering(page: Any) -> bool:
    """Say whether an admin or inline is one of our own, which leave every masked value covered."""
    return hasattr(type(page), "masks")


def holds_personal_data(model: type[Model]) -> bool:
    data = declaration_of(model)
    return bool(masked_columns(model)) or bool(data and data.fields)


def leaks(page: Any) -> Iterator[checks.CheckMessage]:
    """Yield an error for every way in which the options of an admin class, or of its inlines, name a masked column."""
    for option, name in sorted(set(_named(page))):
        yield checks.Error(
            f"{option} names the masked column {name}.", hint=HINT, obj=page.__class__, id="backoffice.E001"
        )
    for inline in getattr(page, "inlines", ()):
        bare = inline(page.model, page.admin_site)
        yield from problems(bare)
        if is_covering(bare):
            yield from leaks(bare)


def _named(page: Any) -> Iterator[tuple[str, str]]:
    for option in NAMING_OPTIONS:
        for entry in _entries(getattr(page, option, None)):
            yield from ((option, column) for column in _masked_in(page, entry))
    for method in _own_methods(page):
        yield from ((method.__name__, column) for column in _masked_in_code(page.model, method))
    for name in getattr(page.form, "base_fields", {}):
        if column := masked_on_path(page.model, name):
            yield "form", column
    for column in _masked_in_code(page.model, page.model.__str__):
        if not column.endswith("_id"):  # what a row is called may hold numbers
            yield "__str__", column


def _own_methods(page: Any) -> Iterator[Any]:
    """Yield the methods that answer for an option, where a page has its own."""
    for name in ANSWERING:
        method = getattr(type(page), name, None)
        if method is not None and not method.__module__.startswith(("django.", "backoffice.")):
            yield method


def _entries(option: Any) -> Iterator[Any]:
    """Yield names, callables and expressions out of an option, however deep: rows of fields, fieldsets, filters."""
    if isinstance(option, dict):
        option = [*option.keys(), *option.values()]
    if isinstance(option, Iterable) and not isinstance(option, str | type):
        for each in option:
            yield from _entries(each)
    elif option is not None:
        yield option


def _masked_in(page: Any, entry: Any) -> Iterator[str]:
    """Yield the masked columns that one entry of an option reads."""
    if isinstance(entry, str):
        yield from filter(None, [masked_on_path(page.model, entry)])
        for owner in (page, page.model):
            yield from _masked_in_code(page.model, getattr(owner, entry, None) if entry.isidentifier() else None)
    elif isinstance(entry, type) and issubclass(entry, ListFilter):
        for method in vars(entry).values():
            yield from _masked_in_code(page.model, method)
        yield from filter(None, [masked_on_path(page.model, getattr(entry, "parameter_name", None) or "")])
    elif callable(entry):
        yield from _masked_in_code(page.model, entry)
    else:
        yield from filter(None, (masked_on_path(page.model, name) for name in _in_expression(entry)))


def _in_expression(expression: Any) -> Iterator[str]:
    if isinstance(expression, F):
        yield str(expression.name)  # type: ignore[attr-defined]
    for source in getattr(expression, "get_source_expressions", list)():
        yield from _in_expression(source)


# --- what code reads ----------------------------------------------------------------------------------------------
def _masked_in_code(model: type[Model], function: Any) -> Iterator[str]:
    """Yield the masked columns of a model, or of what it points to, that a function names or is ordered by.

    It is not proof against who wants to hide; it stops who forgot.
    """
    if isinstance(function, property):
        function = function.fget
    order = getattr(function, "admin_order_field", None)
    for name in _in_expression(F(order) if isinstance(order, str) else order):
        yield from filter(None, [masked_on_path(model, name)])
    code = getattr(_innermost(function), "__code__", None)
    if isinstance(code, CodeType):
        nearby = {f"{each._meta.label}.{name}": name for each in _nearby(model) for name in masked_columns(each)}
        told = set(_words(code))
        yield from (where for where, name in nearby.items() if name in told)
        yield from filter(None, (masked_on_path(model, word) for word in told if "__" in word.strip("_")))


def _innermost(function: Any) -> Any:
    while isinstance(function, Callable) and hasattr(function, "__wrapped__"):  # type: ignore[arg-type]
        function = function.__wrapped__
    return getattr(function, "__func__", function)


def _nearby(model: type[Model]) -> list[type[Model]]:
    """Return a model and those whose one row belongs to a row of it."""
    single = [field for field in model._meta.get_fields() if field.many_to_one or field.one_to_one]
    return [model, *(field.related_model for field in single if field.related_model not in (None, model))]


def _words(code: CodeType) -> Iterator[str]:
    """Yield the attribute names and the text constants of some code, inner functions included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _words(constant)
        elif isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple):
            yield from (each for each in constant if isinstance(each, str))
