"""Every route is known, with who gets in and what for."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from config.routes import Route, routes

OURS = [route for route in routes() if not route.name.startswith("admin:")]


def printed(*options: str) -> str:
    out = StringIO()
    call_command("url_map", *options, stdout=out)
    return out.getvalue()


def test_json_is_a_list_of_routes() -> None:
    rows = json.loads(printed("--json"))
    assert all(row.keys() == {"path", "name", "methods", "roles", "purpose"} for row in rows)
    assert {"/healthz", "/sign-in/", "/@<str:handle>/", "/policy/", "/admin/login/"} <= {row["path"] for row in rows}


def test_the_table_has_a_line_for_every_route() -> None:
    assert len(printed().strip().splitlines()) == len(routes()) + 1


@pytest.mark.parametrize(
    ("name", "roles"),
    [("healthz", "visitor"), ("accounts:sign-in", "visitor"), ("accounts:friends", "member"), ("admin:index", "staff")],
)
def test_a_route_says_who_gets_in(name: str, roles: str) -> None:
    [route] = [route for route in routes() if route.name == name]
    assert route.roles[0] == roles


def test_methods_are_those_the_view_was_limited_to() -> None:
    [route] = [route for route in routes() if route.name == "healthz"]
    assert route.methods == ("GET", "HEAD")


@pytest.mark.parametrize("route", OURS, ids=lambda route: route.path)
def test_every_view_of_ours_says_what_it_is_for(route: Route) -> None:
    assert route.purpose
    assert route.name
