"""Small pages for programs."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.db import OperationalError, connections
from django.test import Client

pytestmark = pytest.mark.django_db


def test_healthz_answers_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.site.answers", lambda alias: False)
    assert client.get("/healthz").content == b"ok\n"


def test_readyz_asks_both_databases(client: Client) -> None:
    assert client.get("/readyz").status_code == HTTPStatus.OK


@pytest.mark.parametrize("alias", ["default", "keystore"])
def test_readyz_says_which_database_is_silent(client: Client, monkeypatch: pytest.MonkeyPatch, alias: str) -> None:
    def silent() -> None:
        raise OperationalError("password=secret")

    with monkeypatch.context() as patch:
        patch.setattr(connections[alias], "cursor", silent)
        answer = client.get("/readyz")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.content.decode() == f"waiting for {alias}\n"


@pytest.mark.parametrize("years", [0, 3])
def test_security_txt_never_expires_and_never_promises_more_than_a_year(client: Client, years: int) -> None:
    now = datetime.now(UTC) + timedelta(days=365 * years)
    with time_machine.travel(now):
        answer = client.get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert now < datetime.fromisoformat(fields["Expires"]) < now + timedelta(days=365)
    assert fields["Contact"].startswith(("mailto:", "https:"))


def test_password_managers_are_led_to_the_page(client: Client) -> None:
    answer = client.get("/.well-known/change-password")
    assert answer.status_code == HTTPStatus.FOUND
    assert answer["Location"] == "/password/change/"


def test_crawlers_are_told_what_is_not_for_them(client: Client) -> None:
    assert "Disallow: /settings/" in client.get("/robots.txt").content.decode()


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/robots.txt", "/.well-known/security.txt"])
def test_nothing_can_be_posted_to_them(client: Client, address: str) -> None:
    assert client.post(address).status_code == HTTPStatus.METHOD_NOT_ALLOWED
