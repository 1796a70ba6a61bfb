"""Every route of the site, as a program can know it: address, name, methods, who gets in, what for."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

EVERYBODY = ("visitor", "member", "staff")
SIGNED_IN = ("member", "staff")
STAFF = ("staff",)
STAFF_NAMESPACE = "admin"
UNLIMITED = ("GET", "POST")

View = Callable[..., Any]


@dataclass(frozen=True)
class Route:
    """One address and what is behind it."""

    path: str
    name: str
    methods: tuple[str, ...]
    roles: tuple[str, ...]
    purpose: str


def routes() -> list[Route]:
    """Return all routes in the order in which they are tried."""
    return list(walk(get_resolver(), "/", ()))


def walk(resolver: URLResolver, prefix: str, namespaces: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        path = prefix + written(entry)
        if isinstance(entry, URLResolver):
            yield from walk(entry, path, (*namespaces, entry.namespace) if entry.namespace else namespaces)
        else:
            yield route(entry, path, namespaces)


def written(entry: URLPattern | URLResolver) -> str:
    pattern = entry.pattern
    return str(pattern) if isinstance(pattern, RoutePattern) else str(pattern).removeprefix("^").removesuffix("$")


def route(entry: URLPattern, path: str, namespaces: tuple[str, ...]) -> Route:
    return Route(
        path=path,
        name=":".join((*namespaces, entry.name or "")),
        methods=methods(entry.callback),
        roles=roles(entry.callback, namespaces),
        purpose=purpose(entry.callback),
    )


def roles(view: View, namespaces: tuple[str, ...]) -> tuple[str, ...]:
    """Return who gets past the door. What they find behind it is decided for each thing by its view."""
    if not getattr(view, "login_required", True):
        return EVERYBODY
    return STAFF if STAFF_NAMESPACE in namespaces else SIGNED_IN


def methods(view: View) -> tuple[str, ...]:
    """Return the methods a view was limited to with Django's decorators; GET and POST if it was not."""
    layer: View | None = view
    while layer is not None:
        allowed = (
            inspect.getclosurevars(layer).nonlocals.get("request_method_list") if inspect.isfunction(layer) else None
        )
        if allowed:
            return tuple(allowed)
        layer = getattr(layer, "__wrapped__", None)
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return UNLIMITED
    return tuple(
        name.upper() for name in view_class.http_method_names if name != "options" and hasattr(view_class, name)
    )


def purpose(view: View) -> str:
    """Return the first line of a view's docstring."""
    described = getattr(view, "view_class", view)
    text = inspect.getdoc(inspect.unwrap(described)) or ""
    return text.strip().partition("\n")[0]
