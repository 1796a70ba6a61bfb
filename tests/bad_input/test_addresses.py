"""Odd queries and paths, and the numbers of what belongs to others."""

import re
from http import HTTPStatus
from urllib.parse import quote, urlencode

import pytest
from django.test import Client

from accounts.models import Member
from config.routes import Route
from tests.factories import make_circle

from .sending import IN_PATHS, IN_QUERIES, ODD, ROUTES, UNREADABLE, Try, address, client_for, state

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N1"), pytest.mark.timeout(300)]


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if "GET" in route.methods])
def test_odd_queries_get_a_page(name: str, rose: Member, parts: dict[str, str]) -> None:
    attempt, where = Try(client_for(name, rose)), address(ROUTES[name], parts)
    every = "&".join(f"{key}={quote(value[:300])}" for key in IN_QUERIES for value in ODD.values())
    attempt.read(f"{where}?{every}")
    for value in ODD.values():
        attempt.read(f"{where}?" + urlencode(dict.fromkeys(IN_QUERIES[:9], value[:20_000])))
    for key in IN_QUERIES if name.startswith("admin:") else ():
        attempt.read(f"{where}?{key}={quote(ODD['a huge number'])}")
        attempt.read(f"{where}?{key}={quote(ODD['control characters'])}&{key}[]=1")
    for raw in UNREADABLE.values():
        assert attempt.read(f"{where}?q={raw.decode()}").status_code == HTTPStatus.BAD_REQUEST
    assert attempt.wrote_nothing()


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if "<" in route.path])
def test_odd_paths_get_a_page(name: str, rose: Member, parts: dict[str, str]) -> None:
    client, route = client_for(name, rose), ROUTES[name]
    attempt = Try(client)
    for part in re.findall(r"<(?:\w+:)?(\w+)>", route.path):
        for value in IN_PATHS:
            where = re.sub(rf"<(?:\w+:)?{part}>", lambda _match, value=value: value, route.path)
            where = address(Route(where, route.name, (), (), ""), parts)
            for method in sorted({"GET", "POST"} & set(route.methods)):
                answer = attempt(method, where)
                if value in ("%00", "%ED%A0%80", "%FF"):
                    assert answer.status_code == HTTPStatus.BAD_REQUEST


def test_things_of_others_are_not_to_be_had_by_their_number(rose: Member) -> None:
    moss = Member.objects.get(handle="moss")
    foreign = make_circle(moss, "Mine alone", rose)
    client = Client()
    client.force_login(rose, "accounts.sign_in.EmailBackend")
    before = state()
    for number in (foreign.pk, 0, 2**63, 10**30):
        for way in ("", "add/", "remove/fern/", "delete/"):
            answer = client.post(f"/circles/{number}/{way}", {"name": "Stolen", "handle": "fern"})
            assert answer.status_code == HTTPStatus.NOT_FOUND
    for circle in (str(foreign.pk), "-1", str(2**64), "9" * 400, "x", "1.5", "\u0663"):
        sent = {"audience": "circles", "circles": circle}
        assert client.post("/settings/privacy/city/", sent).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert state() == before
