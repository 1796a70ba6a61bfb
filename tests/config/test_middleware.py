"""What happens to every request."""

from http import HTTPStatus
from ipaddress import ip_network

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from config.logs import current_request_id
from config.middleware import (
    believe_trusted_proxies_only,
    private_pages_stay_private,
    refuse_unreadable_input,
    request_id,
)

MULTIPART = "multipart/form-data; boundary=hedge"


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>page</p>")


# --- the number of a request
def test_every_answer_carries_a_number_of_its_own(client: Client) -> None:
    numbers = {client.get("/healthz")["X-Request-ID"] for _ in range(3)}
    assert len(numbers) == 3


def test_the_number_a_client_sends_is_not_believed(client: Client) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": "mine"})
    assert answer["X-Request-ID"] != "mine"


def test_the_number_reaches_logs_and_is_forgotten_afterwards(rf: RequestFactory) -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append((current_request_id.get(), request.id))  # type: ignore[attr-defined]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        request_id(view)(rf.get("/"))
    assert seen[0][0] == seen[0][1] != ""
    assert current_request_id.get() == ""


# --- unreadable input
@pytest.mark.promise("N1")
@pytest.mark.parametrize(
    "path",
    ["/%00", "/@ro%00se/", "/%ff", "/%ed%a0%80", "/people/?q=%00", "/people/?q=%ff", "/?%00=1", "/?q=%ed%a0%80&b=1"],
)
def test_an_unreadable_address_is_refused(client: Client, path: str) -> None:
    assert client.get(path).status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    "path", ["/robots.txt?q=%E2%82%AC", "/robots.txt?q=100%", "/robots.txt?q=a+b&&=", "/robots.txt?%zz"]
)
def test_a_readable_address_is_not(client: Client, path: str) -> None:
    assert client.get(path).status_code == HTTPStatus.OK


def posted(rf: RequestFactory, body: bytes, content_type: str) -> HttpResponse | None:
    return refuse_unreadable_input(page).process_view(rf.post("/", body, content_type=content_type), page, (), {})


@pytest.mark.parametrize("body", [b"a=%00", b"a=%ff", b"a=\xff", b"%00=1", b"a=%ed%a0%80"])
def test_an_unreadable_form_is_refused(rf: RequestFactory, body: bytes) -> None:
    answer = posted(rf, body, "application/x-www-form-urlencoded")
    assert answer is not None
    assert answer.status_code == HTTPStatus.BAD_REQUEST


def multipart(value: bytes, disposition: bytes = b'name="bio"') -> bytes:
    return b"--hedge\r\nContent-Disposition: form-data; " + disposition + b"\r\n\r\n" + value + b"\r\n--hedge--\r\n"


@pytest.mark.parametrize("body", [multipart(b"a\0b"), multipart(b"\xff"), multipart(b"x", 'name="a\ufffd"'.encode())])
def test_an_unreadable_multipart_form_is_refused(rf: RequestFactory, body: bytes) -> None:
    assert posted(rf, body, MULTIPART) is not None


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"a=%E2%82%AC+100%", "application/x-www-form-urlencoded"),
        (multipart("Straße 😀".encode()), MULTIPART),
        (multipart(b"\x89PNG\0\xff", b'name="picture"; filename="a.png"'), MULTIPART),
        (b"\0\xff", "application/octet-stream"),
        (b"", "application/x-www-form-urlencoded"),
    ],
)
def test_a_readable_form_passes_and_files_are_not_text(rf: RequestFactory, body: bytes, content_type: str) -> None:
    assert posted(rf, body, content_type) is None


def test_bodies_of_other_kinds_are_left_unread(rf: RequestFactory) -> None:
    request = rf.post("/", b"\0", content_type="application/json")
    assert refuse_unreadable_input(page).process_view(request, page, (), {}) is None
    assert request.read() == b"\0"


@pytest.mark.django_db
def test_an_unreadable_form_meets_no_view(client: Client) -> None:
    answer = client.post("/sign-in/", b"email=%00&password=x", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == HTTPStatus.BAD_REQUEST


# --- caches
def kept(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    return private_pages_stay_private(lambda _: answer)(request)


@pytest.mark.promise("E7")
def test_no_cache_keeps_what_somebody_signed_in_saw(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.COOKIES["session"] = "anything"
    assert kept(request, HttpResponse("x"))["Cache-Control"] == "private, no-store"


def test_pages_of_visitors_are_asked_for_again(rf: RequestFactory) -> None:
    answer = kept(rf.get("/"), HttpResponse("x"))
    assert answer["Cache-Control"] == "private, no-cache"
    assert "Cookie" in answer["Vary"]


def test_errors_are_not_kept(rf: RequestFactory) -> None:
    assert "no-store" in kept(rf.get("/"), HttpResponse("x", status=404))["Cache-Control"]


def test_a_view_that_knows_better_is_left_alone(rf: RequestFactory) -> None:
    answer = kept(rf.get("/"), HttpResponse("x", headers={"Cache-Control": "public, max-age=60"}))
    assert answer["Cache-Control"] == "public, max-age=60"


@pytest.mark.django_db
def test_a_page_without_a_reader_costs_no_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get("/healthz")


# --- proxies
@pytest.mark.parametrize(
    ("remote", "forwarded", "client_is", "secure"),
    [
        ("10.0.0.1", "203.0.113.7", "203.0.113.7", True),
        ("10.0.0.1", "198.51.100.9, 203.0.113.7, 10.0.0.2", "203.0.113.7", True),
        ("10.0.0.1", "rose, 10.0.0.2", "10.0.0.2", True),
        ("10.0.0.1", "", "10.0.0.1", True),
        ("203.0.113.7", "198.51.100.9", "203.0.113.7", False),
        ("", "198.51.100.9", "", False),
    ],
)
def test_forwarded_headers_count_from_trusted_proxies_only(
    rf: RequestFactory, settings: object, remote: str, forwarded: str, client_is: str, secure: bool
) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]  # type: ignore[attr-defined]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # type: ignore[attr-defined]
    request = rf.get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded, HTTP_X_FORWARDED_PROTO="https")
    believe_trusted_proxies_only(page)(request)
    assert (request.META["REMOTE_ADDR"], request.is_secure()) == (client_is, secure)
