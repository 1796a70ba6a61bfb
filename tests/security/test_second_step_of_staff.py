"""The second step of staff: before the first page, again every eight hours, and in sessions that end."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Member
from accounts.roles import assign_roles, sync_roles
from security.models import AuthenticatorApp
from security.signing_in import VERIFIED
from tests.factories import PASSWORD, add_app, code_of, make_member, sign_in
from tests.security.stepping import CHANGES, begin, is_signed_in, waiting

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N2")]


@pytest.fixture
def rose() -> Member:
    return make_member("rose")


@pytest.fixture
def warden() -> Member:
    warden = make_member("warden")
    sync_roles()
    assign_roles(warden, ["support"])
    return Member.objects.get(pk=warden.pk)


@pytest.mark.promise("K3")
def test_staff_without_a_step_are_led_to_one_whatever_they_ask_for(warden: Member, client: Client) -> None:
    begin(client, "warden")
    for address in ("/", "/people/", "/admin/", "/admin/accounts/member/", "/settings/profile/", "/nothing/here/"):
        answer = client.get(address)
        expected = (HTTPStatus.FOUND, f"/settings/security/?next={address}")
        # What is not there has no view to keep anybody from.
        assert (answer.status_code, answer.headers.get("Location")) == (
            expected if address != "/nothing/here/" else (HTTPStatus.NOT_FOUND, None)
        )
    for address in ("/policy/", "/healthz", "/sign-out/", "/settings/security/", *CHANGES[:2]):
        assert client.get(address).status_code == HTTPStatus.OK, address
    assert client.post("/settings/profile/", {"display_name": "W"})["Location"].startswith("/settings/security/")


@pytest.mark.promise("K3")
def test_staff_come_from_the_first_step_to_where_they_wanted_to_go(warden: Member, client: Client) -> None:
    begin(client, "warden")
    page = client.get("/admin/accounts/member/", follow=True)
    assert page.redirect_chain[-1][0] == "/settings/security/?next=/admin/accounts/member/"
    assert "/settings/security/app/?next=/admin/accounts/member/" in page.content.decode()
    client.get("/settings/security/app/?next=/admin/accounts/member/")
    code = code_of(waiting(warden))
    sent = {"code": code, "name": "Mine", "next": "/admin/accounts/member/"}
    page = client.post("/settings/security/app/", sent)
    assert 'href="/admin/accounts/member/"' in page.content.decode()
    assert client.get("/admin/accounts/member/").status_code == HTTPStatus.OK


@pytest.mark.promise("K3")
def test_after_eight_hours_staff_do_the_step_again_and_come_back(warden: Member, client: Client) -> None:
    sign_in(client, warden)
    session = client.session
    session[VERIFIED] -= settings.STAFF_FACTOR_AGE + 1
    session.save()
    where = client.get("/admin/accounts/member/", follow=True).redirect_chain[-1][0]
    assert where == "/sign-in/verify/?next=/admin/accounts/member/"
    assert client.get("/friends/").status_code == HTTPStatus.OK
    answer = client.post(where, {"code": code_of(AuthenticatorApp.objects.get())})
    assert answer["Location"] == "/admin/accounts/member/"
    assert client.get("/admin/accounts/member/").status_code == HTTPStatus.OK


@pytest.mark.promise("K3")
def test_sessions_of_staff_end_when_idle(warden: Member, client: Client) -> None:
    start = timezone.now()
    app = add_app(warden)
    with time_machine.travel(start, tick=False):
        begin(client, "warden")
        client.post("/sign-in/verify/", {"code": code_of(app)})
        client.get("/admin/")
    with time_machine.travel(start + timedelta(minutes=29), tick=False):
        assert client.get("/admin/").status_code == HTTPStatus.OK
    with time_machine.travel(start + timedelta(minutes=58), tick=False):
        assert client.get("/admin/").status_code == HTTPStatus.OK
    with time_machine.travel(start + timedelta(minutes=89), tick=False):
        assert client.get("/admin/")["Location"] == "/sign-in/?next=/admin/"
        assert "Nobody did anything" in client.get("/sign-in/").content.decode()


@pytest.mark.promise("K3")
def test_sessions_of_staff_end_after_ten_hours_however_busy(warden: Member, client: Client) -> None:
    start, app = timezone.now(), add_app(warden)
    with time_machine.travel(start, tick=False):
        begin(client, "warden")
        client.post("/sign-in/verify/", {"code": code_of(app)})
    for minutes in range(0, 10 * 60, 20):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            assert is_signed_in(client), minutes
    with time_machine.travel(start + timedelta(hours=10, seconds=1), tick=False):
        assert not is_signed_in(client)


@pytest.mark.promise("K3")
def test_a_change_of_roles_ends_sessions(warden: Member, client: Client) -> None:
    sign_in(client, warden)
    assert client.get("/admin/").status_code == HTTPStatus.OK
    assign_roles(warden, [])
    assert not is_signed_in(client)


@pytest.mark.promise("K3")
def test_a_suspension_by_staff_ends_sessions_for_good(rose: Member, client: Client) -> None:
    root = make_member("root", is_staff=True, is_superuser=True)
    office = sign_in(Client(), root)
    sign_in(client, rose)
    office.post(f"/admin/accounts/member/{rose.pk}/change/", {})
    assert not is_signed_in(client)
    Member.objects.filter(pk=rose.pk).update(is_active=True)
    assert not is_signed_in(client)


@pytest.mark.promise("K3")
def test_a_superuser_made_on_the_command_line_begins_with_a_second_step(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", handle="keeper", email="keeper@example.org", interactive=False, verbosity=0)
    assert begin(client, "keeper")["Location"] == "/admin/"
    page = client.get("/admin/", follow=True)
    assert page.redirect_chain[-1][0].startswith("/settings/security/")
    assert "Add a second step first" in page.content.decode()
