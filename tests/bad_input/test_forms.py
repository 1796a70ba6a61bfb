"""Forms that cannot be read, odd values, other kinds of body, files for text, no token."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from accounts.models import Member

from .sending import ODD, ROUTES, TAKE_NOTHING, TAKES, UNREADABLE, Try, address, client_for, form, state

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N1"), pytest.mark.timeout(300)]


def posting() -> Iterator[str]:
    return (name for name, route in ROUTES.items() if "POST" in route.methods)


def test_every_form_is_tried() -> None:
    assert {name for name in posting() if not TAKE_NOTHING.match(name)} == set(TAKES)


@pytest.mark.parametrize("name", TAKES)
def test_a_form_that_cannot_be_read_is_refused(name: str, rose: Member, parts: dict[str, str]) -> None:
    attempt, where = Try(client_for(name, rose)), address(ROUTES[name], parts)
    for field in {**TAKES[name], "unheard_of": ""}:
        for raw in UNREADABLE.values():
            answer = attempt("POST", where, form(TAKES[name], field, raw), refused=True)
            assert answer.status_code == HTTPStatus.BAD_REQUEST
    for raw in UNREADABLE.values():
        assert attempt("POST", where, raw + b"=a", refused=True).status_code == HTTPStatus.BAD_REQUEST


def odd_values(filled: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield every field with every odd value; a long form, which takes time to draw, with a few in turn."""
    for number, field in enumerate(filled):
        few = list(ODD.values())[number % 4 :: 4] if len(filled) > 8 else ODD.values()
        yield from ((field, value) for value in few)


@pytest.mark.parametrize("name", TAKES)
def test_odd_values_are_refused_or_taken_for_what_they_are(name: str, rose: Member, parts: dict[str, str]) -> None:
    attempt, where = Try(client_for(name, rose)), address(ROUTES[name], parts)
    for field, value in odd_values(TAKES[name]):
        answer = attempt("POST", where, form(TAKES[name], field, quote(value).encode()))
        assert "evil.example" not in answer.headers.get("Location", "")
        assert "Set-Cookie: a=b" not in str(answer.headers)
    for field in TAKES[name]:
        repeated = "&".join(f"{quote(field)}={quote(value[:50])}" for value in ODD.values()).encode()
        attempt("POST", where, repeated)
        attempt("POST", where, form(TAKES[name], f"{field}[]", b"1") + f"&{field}[a][b]=1".encode())


@pytest.mark.parametrize("name", TAKES)
def test_other_kinds_of_body_are_as_good_as_none(name: str, rose: Member, parts: dict[str, str]) -> None:
    attempt, where = Try(client_for(name, rose)), address(ROUTES[name], parts)
    bodies = {
        "application/json": b'{"handle": ["a"], "name": {"a": 1}}',
        "application/xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "text/plain": b"name=a",
        "multipart/form-data": b"no boundary",
        "multipart/form-data; boundary=x": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut',
        "multipart/form-data; boundary=y": b"--y\r\nContent-Disposition: form-data; name*=utf-16''%FF\r\n\r\na\r\n--y",
        "application/x-www-form-urlencoded; charset=utf-16": "name=ä".encode("utf-16"),
        "application/x-www-form-urlencoded; charset=rot13": b"name=a",
    }
    for kind, body in bodies.items():
        attempt("POST", where, body, kind)
    many = "&".join(f"field{number}=1" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)).encode()
    huge = b"name=" + b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    for body in (many, huge):
        assert attempt("POST", where, body, refused=True).status_code in (400, 413)


@pytest.mark.parametrize("name", TAKES)
def test_a_file_in_the_place_of_text_is_nothing(name: str, rose: Member, parts: dict[str, str]) -> None:
    client, where = client_for(name, rose), address(ROUTES[name], parts)
    for field in TAKES[name]:
        with transaction.atomic():
            sent: dict[str, Any] = {**TAKES[name], field: SimpleUploadedFile("a\u202e.txt", b"text" * 1000)}
            assert client.post(where, sent).status_code < HTTPStatus.INTERNAL_SERVER_ERROR
            transaction.set_rollback(True)


# The back office has a door of its own; of the other the address itself is the proof.
WITHOUT_A_TOKEN = ("admin:login", "notifications:unsubscribe")


@pytest.mark.parametrize("name", [name for name in TAKES if name not in WITHOUT_A_TOKEN])
def test_without_its_token_a_form_does_nothing(name: str, rose: Member, parts: dict[str, str]) -> None:
    client, where = client_for(name, rose), address(ROUTES[name], parts)
    client.handler.enforce_csrf_checks = True
    before = state()
    for token in ("", "x" * 32, "x" * 64, "\x01"):
        assert client.post(where, {**TAKES[name], "csrfmiddlewaretoken": token}).status_code == HTTPStatus.FORBIDDEN
    assert state() == before


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "application/x-www-form-urlencoded"]
)
@pytest.mark.parametrize("body", [b"x", b"a=%00", b"a" * 3_000_000, b"&".join(b"a=b" for _ in range(5_000))])
def test_a_broken_form_sent_to_where_nothing_is_is_refused_for_everybody(rose: Member, kind: str, body: bytes) -> None:
    passer_by = Client(enforce_csrf_checks=True)
    passer_by.get("/sign-in/")
    for client in (Client(), passer_by, client_for("notifications:settings", rose)):
        for where in ("/unsubscribe/no-such-token/", "/nothing/here/", "/healthz"):
            answer = client.generic("POST", where, body, content_type=kind)
            assert 400 <= answer.status_code < 500
