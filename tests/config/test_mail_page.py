"""The mails of a development site."""

from http import HTTPStatus
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client

pytestmark = pytest.mark.django_db  # every page says what is announced

BACKEND = "django.core.mail.backends.filebased.EmailBackend"
HTML = '<p>Hello <a href="http://127.0.0.1:8000/join/confirm/abc/">confirm</a><script>alert(1)</script><img src="http://x/"></p>'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: object) -> Path:
    settings.EMAIL_FILE_PATH = tmp_path / "mail"  # type: ignore[attr-defined]
    return tmp_path / "mail"


def send(folder: Path, *subjects: str) -> None:
    connection = get_connection(BACKEND, file_path=str(folder))
    connection.open()
    for subject in subjects:
        mail = EmailMultiAlternatives(
            subject, "Grüße\nhttp://127.0.0.1:8000/join/confirm/abc/", to=["rose@example.org"], connection=connection
        )
        mail.attach_alternative(HTML, "text/html")
        mail.send()
    connection.close()


def test_there_may_be_no_mail_yet(client: Client) -> None:
    assert "No mail yet" in client.get("/dev/mail/").content.decode()


def test_mails_are_listed_newest_first(client: Client, folder: Path) -> None:
    send(folder, "First", "Second")
    page = client.get("/dev/mail/").content.decode()
    assert page.index("Second") < page.index("First")


def test_a_mail_is_shown_as_it_is_in_a_frame_where_nothing_runs_or_loads(client: Client, folder: Path) -> None:
    send(folder, "Confirm your address")
    [file] = folder.iterdir()
    address = f"/dev/mail/{file.name}/0/html/"
    page = client.get(f"/dev/mail/{file.name}/0/")
    assert f'sandbox="allow-top-navigation-by-user-activation" src="{address}"' in page.content.decode()
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]
    framed = client.get(address)
    policy = framed["Content-Security-Policy"]
    assert HTML in framed.content.decode()
    assert {"default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'self'"} <= set(policy.split("; "))
    assert "sandbox allow-top-navigation-by-user-activation" in policy
    assert "script-src" not in policy
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    assert client.get("/dev/mail/")["X-Frame-Options"] == "DENY"


def test_the_text_of_a_mail_stands_beside_it_with_links_that_can_be_followed(client: Client, folder: Path) -> None:
    send(folder, "Confirm your address")
    [file] = folder.iterdir()
    page = client.get(f"/dev/mail/{file.name}/0/").content.decode()
    assert 'href="http://127.0.0.1:8000/join/confirm/abc/"' in page
    assert "Grüße" in page
    assert "alert(1)" not in page


def test_links_in_a_mail_lead_out_of_its_frame(client: Client, folder: Path) -> None:
    folder.mkdir()
    whole = b"Subject: One\nContent-Type: text/html\n\n<!doctype html><html><head><title>One</title></head></html>\n"
    (folder / "one.log").write_bytes(whole)
    answer = client.get("/dev/mail/one.log/0/html/").content.decode()
    assert answer.startswith('<!doctype html><html><head><base target="_top"><title>')


def test_a_mail_without_html_has_no_frame(client: Client, folder: Path) -> None:
    folder.mkdir()
    (folder / "one.log").write_bytes(b"Subject: One\n\nText\n")
    assert "<iframe" not in client.get("/dev/mail/one.log/0/").content.decode()
    assert client.get("/dev/mail/one.log/0/html/").status_code == HTTPStatus.NOT_FOUND


def test_a_mail_lies_on_the_page_as_everything_else_does(client: Client, folder: Path) -> None:
    send(folder, "Confirm your address")
    [file] = folder.iterdir()
    page = client.get(f"/dev/mail/{file.name}/0/").content.decode()
    assert '<div class="stack">' in page
    assert page.count('<div class="fact">') == page.count("<dd") > 3


@pytest.mark.parametrize("address", ["/dev/mail/none.log/0/", "/dev/mail/..%2Fsecret_key/0/", "/dev/mail/none.log/9/"])
def test_what_is_no_mail_is_not_found(client: Client, address: str) -> None:
    assert client.get(address).status_code == HTTPStatus.NOT_FOUND
