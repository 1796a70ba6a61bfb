"""Whoever names another charset than UTF-8 is answered before anything decodes with it."""

from collections.abc import Iterator
from http import HTTPStatus
from io import BytesIO
from typing import Any

import pytest
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import QueryDict
from django.test import Client, RequestFactory

from config.charsets import is_utf8
from config.middleware import refuse_unreadable_input
from config.wsgi import application

FOREIGN = [
    "hex",
    "rot13",
    "base64",
    "zip",
    "undefined",
    "idna",
    "punycode",
    "unicode_escape",
    "utf-7",
    "latin-1",
    "none",
]


@pytest.fixture(autouse=True)
def _connections_stay() -> Iterator[None]:
    request_started.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)


def answered(content_type: str, body: bytes = b"", **more: str) -> tuple[int, bytes]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST" if body else "GET",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "PATH_INFO": "/robots.txt",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
    }
    statuses: list[str] = []
    page = b"".join(application(environ | more, lambda status, headers: statuses.append(status)))
    return int(statuses[0].split()[0]), page


@pytest.mark.promise("N1")
@pytest.mark.parametrize("charset", FOREIGN)
@pytest.mark.parametrize("query", ["a=1", "q=%5Cud800", ""])
def test_a_strange_charset_is_refused_with_a_page_whatever_is_asked(charset: str, query: str) -> None:
    status, page = answered(f"a/b; charset={charset}", QUERY_STRING=query)
    assert status == HTTPStatus.BAD_REQUEST
    assert b"UTF-8" in page


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=hedge", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("charset", FOREIGN)
def test_a_form_in_a_strange_charset_is_refused(charset: str, kind: str) -> None:
    body = b'--hedge\r\nContent-Disposition: form-data; name="email"\r\n\r\nx\r\n--hedge--\r\n'
    assert answered(f"{kind}; charset={charset}", body, PATH_INFO="/sign-in/")[0] == HTTPStatus.BAD_REQUEST


def test_head_is_refused_without_a_body() -> None:
    assert answered("a/b; charset=hex", REQUEST_METHOD="HEAD") == (HTTPStatus.BAD_REQUEST, b"")


@pytest.mark.parametrize("content_type", ["", "a/b", "a/b; charset=utf-8", 'a/b; charset="UTF-8"', "a/b; Charset=utf8"])
def test_utf_8_is_served_named_or_not(content_type: str) -> None:
    assert answered(content_type)[0] == HTTPStatus.OK


@pytest.mark.parametrize(
    "content_type",
    ["a/b; charset*=hex''ab", "a/b; charset*=utf-8''hex", "a/b;charset=utf-8;charset=hex", "a/b; x*=hey''a"],
)
def test_no_other_way_of_writing_a_charset_gets_round_it(content_type: str) -> None:
    assert not is_utf8(content_type)


def test_the_site_refuses_it_as_well_wherever_a_request_comes_from(client: Client) -> None:
    answer = client.get("/robots.txt", headers={"Content-Type": "a/b; charset=utf-7"})
    assert answer.status_code == HTTPStatus.BAD_REQUEST


def test_a_query_that_decodes_to_what_is_no_text_is_refused(rf: RequestFactory) -> None:
    request: Any = rf.get("/")
    request.GET = QueryDict(mutable=True)
    request.GET["q"] = "\ud800"
    assert refuse_unreadable_input(lambda _: pytest.fail("served"))(request).status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("name", ["hex''%61", "idna''%61", "undefined''%61", "unicode_escape''%5Cud800"])
def test_the_name_of_a_file_in_a_strange_charset_breaks_nothing(name: str) -> None:
    part = f'Content-Disposition: form-data; name="picture"; filename*={name}'.encode()
    body = b"--hedge\r\n" + part + b"\r\n\r\nx\r\n--hedge--\r\n"
    status, _ = answered("multipart/form-data; boundary=hedge", body, PATH_INFO="/robots.txt")
    assert status < HTTPStatus.INTERNAL_SERVER_ERROR
