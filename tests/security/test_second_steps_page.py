"""The pages on which second steps are added, named and removed."""

from datetime import timedelta
from http import HTTPStatus
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Member
from accounts.roles import assign_roles, sync_roles
from security.housekeeping import purge_expired
from security.models import AuthenticatorApp, Kind, RecoveryCodes
from security.observing import Observation
from security.recovery import make_codes
from security.signing_in import FRESH
from tests.factories import add_app, code_of, make_member, sign_in
from tests.security.stepping import CHANGES, begin, is_signed_in, kinds_of, waiting

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N2")]

WRONG = "000000"


@pytest.fixture
def rose() -> Member:
    return make_member("rose")


@pytest.fixture
def warden() -> Member:
    warden = make_member("warden")
    sync_roles()
    assign_roles(warden, ["support"])
    return Member.objects.get(pk=warden.pk)


# --- adding an app ------------------------------------------------------------------------------------------------
def test_an_app_is_added_by_its_first_code_and_brings_recovery_codes(rose: Member, client: Client) -> None:
    sign_in(client, rose)
    page = client.get("/settings/security/app/")
    app = waiting(rose)
    assert " ".join(app.secret[n : n + 4] for n in range(0, 32, 4)) in page.content.decode()
    assert "<svg" in page.content.decode()
    before = client.session.session_key
    code = code_of(app)
    page = client.post("/settings/security/app/", {"code": code, "name": "My telephone"})
    assert page.status_code == HTTPStatus.OK
    assert len(page.context["codes"]) == 10
    assert "no-store" in page["Cache-Control"]
    app.refresh_from_db()
    assert (app.confirmed, app.name) == (True, "My telephone")
    assert client.session.session_key != before
    assert kinds_of(rose) == [Kind.FACTOR_ADDED, Kind.FIRST_CODES]
    other = Client()
    begin(other)
    assert other.post("/sign-in/verify/", {"code": code}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "My telephone" in client.get("/settings/security/").content.decode()


def test_the_secret_stays_the_same_until_a_code_fits_and_the_name_is_kept(rose: Member, client: Client) -> None:
    sign_in(client, rose)
    client.get("/settings/security/app/")
    secret = waiting(rose).secret
    page = client.post("/settings/security/app/", {"code": WRONG, "name": "My telephone"})
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "not what the app shows" in page.context["form"].errors["code"][0]
    assert "My telephone" in page.content.decode()
    assert waiting(rose).secret == secret
    assert not kinds_of(rose)


def test_a_second_app_makes_no_new_codes(rose: Member, client: Client) -> None:
    sign_in(client, rose, verified=True)
    make_codes(rose, seen=Observation())
    client.get("/settings/security/app/")
    answer = client.post("/settings/security/app/", {"code": code_of(waiting(rose)), "name": "Tablet"})
    assert answer["Location"] == "/settings/security/"
    assert kinds_of(rose) == [Kind.CODES_MADE, Kind.FACTOR_ADDED]


def test_a_secret_that_was_never_confirmed_goes_after_a_day(rose: Member, client: Client) -> None:
    sign_in(client, rose)
    client.get("/settings/security/app/")
    purge_expired(timezone.now() + timedelta(hours=23))
    assert waiting(rose)
    purge_expired(timezone.now() + timedelta(hours=25))
    assert not AuthenticatorApp.objects.exists()


@pytest.mark.promise("C2")
@pytest.mark.parametrize("address", CHANGES)
def test_second_steps_are_changed_after_a_fresh_sign_in_only(rose: Member, client: Client, address: str) -> None:
    sign_in(client, rose)
    session = client.session
    session[FRESH] -= settings.FRESH_FOR + 1
    session.save()
    assert client.get(address)["Location"].startswith("/sign-in/again/")


@pytest.mark.promise("C2")
@pytest.mark.parametrize("address", CHANGES)
def test_who_has_not_done_the_second_step_here_changes_none(rose: Member, client: Client, address: str) -> None:
    """A browser may have been signed in before there was a second step."""
    sign_in(client, rose)
    app = add_app(rose)
    assert client.get(address)["Location"] == f"/sign-in/verify/?next={address}"
    removal = f"/settings/security/steps/app/{app.pk}/remove/"
    where = client.post(removal)["Location"]
    assert unquote(where).startswith(f"/sign-in/verify/?next={removal}?resume=")
    assert AuthenticatorApp.objects.filter(pk=app.pk).exists()


# --- naming and removing ------------------------------------------------------------------------------------------
def test_a_step_is_renamed(rose: Member, client: Client) -> None:
    sign_in(client, rose, verified=True)
    app = AuthenticatorApp.objects.get()
    address = f"/settings/security/steps/app/{app.pk}/"
    assert client.post(address, {"name": ""}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert client.post(address, {"name": "x" * 65}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    client.post(address, {"name": "Old telephone"})
    assert "Old telephone" in client.get("/settings/security/").content.decode()


@pytest.mark.parametrize("address", ["/settings/security/steps/app/{}/", "/settings/security/steps/app/{}/remove/"])
def test_a_step_of_somebody_else_is_not_there(rose: Member, client: Client, address: str) -> None:
    other = add_app(make_member("fern"))
    sign_in(client, rose)
    assert client.post(address.format(other.pk), {"name": "Mine"}).status_code == HTTPStatus.NOT_FOUND
    assert client.post("/settings/security/steps/nothing/1/", {"name": "Mine"}).status_code == HTTPStatus.NOT_FOUND
    assert AuthenticatorApp.objects.get(pk=other.pk).name == "Telephone"


def test_removing_the_last_step_takes_the_codes_along_and_signs_out_elsewhere(rose: Member, client: Client) -> None:
    sign_in(client, rose, verified=True)
    make_codes(rose, seen=Observation())
    elsewhere = sign_in(Client(), rose, verified=True)
    app, before = AuthenticatorApp.objects.get(), client.session.session_key
    client.post(f"/settings/security/steps/app/{app.pk}/remove/")
    assert not AuthenticatorApp.objects.exists()
    assert not RecoveryCodes.objects.exists()
    assert is_signed_in(client)
    assert client.session.session_key != before
    assert not is_signed_in(elsewhere)
    assert kinds_of(rose)[-1] == Kind.FACTOR_REMOVED


@pytest.mark.promise("K3")
def test_the_last_step_of_staff_stays(warden: Member, client: Client) -> None:
    sign_in(client, warden)
    app = AuthenticatorApp.objects.get()
    page = client.post(f"/settings/security/steps/app/{app.pk}/remove/")
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "staff keep one" in page.content.decode()
    add_app(warden, "Another")
    assert client.post(f"/settings/security/steps/app/{app.pk}/remove/").status_code == HTTPStatus.FOUND
    assert AuthenticatorApp.objects.get().name == "Another"


def test_a_session_is_not_verified_any_more_without_what_verified_it(warden: Member, client: Client) -> None:
    sign_in(client, warden)
    app = AuthenticatorApp.objects.get()
    add_app(warden, "Another")
    assert client.get("/admin/").status_code == HTTPStatus.OK
    app.delete()
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/sign-in/verify/?next=/admin/"


def test_who_loads_the_page_of_the_codes_once_more_is_told_that_the_app_is_there():
    rose = make_member("rose")
    client = sign_in(Client(), rose)
    client.get("/settings/security/app/")
    sent = {"code": code_of(AuthenticatorApp.objects.get()), "name": "Telephone"}
    assert "recovery codes" in client.post("/settings/security/app/", sent).content.decode().lower()
    again = client.post("/settings/security/app/", sent, follow=True)
    assert "added already" in again.content.decode()
    assert AuthenticatorApp.objects.count() == 1
