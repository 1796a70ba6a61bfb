"""The second step of signing in: asked of who has one, taken once, and not to be guessed."""

from datetime import timedelta
from http import HTTPStatus
from threading import Barrier, Thread
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import Member
from accounts.passwords import change_password
from accounts.roles import assign_roles, sync_roles
from security.authenticator import accept_code, code_fits
from security.events import happened
from security.models import AuthenticatorApp, Kind
from security.observing import Observation
from security.recovery import make_codes
from security.signing_in import HALF
from security.views.steps import ADDING
from tests.factories import add_app, code_of, make_member, sign_in
from tests.security.stepping import begin, is_signed_in, kinds_of

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


# --- signing in ---------------------------------------------------------------------------------------------------
def test_who_has_no_second_step_is_in_with_the_password(rose: Member, client: Client) -> None:
    assert begin(client)["Location"] == "/"
    assert is_signed_in(client)


def test_the_password_alone_opens_nothing_where_there_is_a_second_step(rose: Member, client: Client) -> None:
    add_app(rose)
    assert unquote(begin(client, next="/circles/")["Location"]) == "/sign-in/verify/?next=/circles/"
    assert not is_signed_in(client)
    assert client.get("/sign-in/verify/").status_code == HTTPStatus.OK


def test_six_digits_complete_it_and_lead_where_one_wanted_to_go(rose: Member, client: Client) -> None:
    app = add_app(rose)
    begin(client)
    before = client.session.session_key
    answer = client.post("/sign-in/verify/", {"code": code_of(app), "next": "/circles/"})
    assert (answer.status_code, answer["Location"]) == (HTTPStatus.FOUND, "/circles/")
    assert is_signed_in(client)
    assert client.session.session_key != before
    assert HALF not in client.session
    assert kinds_of(rose) == [Kind.SIGNED_IN]


@pytest.mark.parametrize("typed", ["{} {}", "{}-{}", " {}{} "])
def test_digits_may_be_typed_as_the_app_shows_them(rose: Member, client: Client, typed: str) -> None:
    code = code_of(add_app(rose))
    begin(client)
    assert client.post("/sign-in/verify/", {"code": typed.format(code[:3], code[3:])})["Location"] == "/"


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "Type the six digits"), ("12345", "six digits"), ("١٢٣٤٥٦", "six digits"), (WRONG, "not what the app shows")],
)
def test_a_wrong_code_is_said_beside_the_field(rose: Member, client: Client, typed: str, said: str) -> None:
    add_app(rose)
    begin(client)
    page = client.post("/sign-in/verify/", {"code": typed, "next": "/circles/"})
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert said in page.context["code_form"].errors["code"][0]
    assert 'name="next" value="/circles/"' in page.content.decode()
    assert not typed or typed not in page.content.decode()
    assert not is_signed_in(client)


def test_nobody_half_signed_in_is_led_back(client: Client) -> None:
    assert client.get("/sign-in/verify/?next=/circles/")["Location"] == "/sign-in/?next=/circles/"
    assert client.post("/sign-in/verify/", {"code": WRONG})["Location"] == "/sign-in/"


def test_half_signed_in_lasts_ten_minutes(rose: Member, client: Client) -> None:
    app = add_app(rose)
    with time_machine.travel(timezone.now() - timedelta(minutes=11), tick=False):
        begin(client)
    assert client.post("/sign-in/verify/", {"code": code_of(app)})["Location"] == "/sign-in/"
    assert not is_signed_in(client)


def test_who_is_suspended_in_between_does_not_get_in(rose: Member, client: Client) -> None:
    app = add_app(rose)
    begin(client)
    Member.objects.filter(pk=rose.pk).update(is_active=False)
    assert client.post("/sign-in/verify/", {"code": code_of(app)})["Location"] == "/sign-in/"


def test_an_app_that_was_never_confirmed_asks_for_nothing_and_opens_nothing(rose: Member, client: Client) -> None:
    app = add_app(rose)
    AuthenticatorApp.objects.update(confirmed=False)
    assert begin(client)["Location"] == "/"
    assert accept_code(rose, code_of(app)) is None


# --- once ---------------------------------------------------------------------------------------------------------
def test_a_code_is_taken_once(rose: Member, client: Client) -> None:
    app = add_app(rose)
    code = code_of(app)
    begin(client)
    client.post("/sign-in/verify/", {"code": code})
    other = Client()
    begin(other)
    assert other.post("/sign-in/verify/", {"code": code}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not is_signed_in(other)


def test_an_older_code_is_not_taken_after_a_newer_one(rose: Member) -> None:
    app = add_app(rose)
    older, newer = code_of(app), code_of(app, later=1)
    assert accept_code(rose, newer) is not None
    assert accept_code(rose, older) is None


@pytest.mark.django_db(transaction=True)
def test_of_several_who_send_one_code_at_once_one_gets_in(rose: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    app = add_app(rose)
    code, browsers = code_of(app), [Client() for _number in range(4)]
    for browser in browsers:
        begin(browser)
    together, answers = Barrier(len(browsers), timeout=20), []

    def fits_for_all(*args: Any, **options: Any) -> int | None:
        """Let everybody look before anybody takes it."""
        step = code_fits(*args, **options)
        together.wait()
        return step

    def send(browser: Client) -> None:
        answers.append(browser.post("/sign-in/verify/", {"code": code}).status_code)
        connections.close_all()

    monkeypatch.setattr("security.authenticator.code_fits", fits_for_all)
    threads = [Thread(target=send, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302, 422, 422, 422]


# --- guessing -----------------------------------------------------------------------------------------------------
def guess(browser: Client, times: int, field: str = "code") -> list[int]:
    return [browser.post("/sign-in/verify/", {field: WRONG}).status_code for _time in range(times)]


@pytest.mark.promise("N1")
@pytest.mark.parametrize("field", ["code", "recovery_code"])
def test_after_five_wrong_codes_one_has_to_wait(rose: Member, client: Client, field: str) -> None:
    app = add_app(rose)
    make_codes(rose, seen=Observation())
    begin(client)
    assert guess(client, 7, field) == [422] * 5 + [429] * 2
    page = client.post("/sign-in/verify/", {"code": code_of(app)})
    assert page.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert 0 < int(page["Retry-After"]) <= 60
    assert "Try again in" in page.content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=1, seconds=1), tick=False):
        assert client.post("/sign-in/verify/", {"code": code_of(app)}).status_code == HTTPStatus.FOUND


@pytest.mark.promise("N1")
def test_who_guesses_does_not_get_on_by_signing_in_anew(rose: Member) -> None:
    add_app(rose)
    for _number in range(3):
        browser = Client()
        begin(browser)
        answers = guess(browser, 3)
    assert answers == [429] * 3


@pytest.mark.promise("N1")
def test_who_guesses_elsewhere_does_not_keep_out_a_browser_that_is_known(rose: Member, client: Client) -> None:
    begin(client)
    client.post("/sign-out/")
    app = add_app(rose)
    stranger = Client()
    begin(stranger)
    guess(stranger, 7)
    begin(client)
    assert client.post("/sign-in/verify/", {"code": code_of(app)}).status_code == HTTPStatus.FOUND


@pytest.mark.promise("N1")
def test_a_day_holds_sixty_tries_however_patient_somebody_is(rose: Member, client: Client) -> None:
    add_app(rose)
    answers = []
    start = timezone.now()
    for minute in range(75):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            if minute % 9 == 0:
                client = Client()
                begin(client)
            answers += guess(client, 1)
    assert answers.count(422) <= 64
    assert answers[-1] == 429


@pytest.mark.promise("N1")
def test_many_wrong_codes_are_written_down_once(rose: Member, client: Client) -> None:
    add_app(rose)
    begin(client)
    guess(client, 9)
    assert kinds_of(rose) == [Kind.MANY_FAILURES]


def test_right_codes_do_not_count(rose: Member) -> None:
    app = add_app(rose)
    for number in range(8):
        browser = Client()
        with time_machine.travel(timezone.now() + timedelta(seconds=30 * number), tick=False):
            begin(browser)
            assert browser.post("/sign-in/verify/", {"code": code_of(app)}).status_code == HTTPStatus.FOUND


# --- a password that somebody else knows --------------------------------------------------------------------------
def add_by_page(browser: Client) -> Any:
    """Add an app by the page, and return the answer."""
    browser.get("/settings/security/app/")
    app = AuthenticatorApp.objects.get(pk=browser.session[ADDING])
    return browser.post("/settings/security/app/", {"code": code_of(app), "name": "My telephone"})


@pytest.mark.promise("C2")
def test_the_first_step_signs_out_everywhere_else_and_a_later_one_nowhere(rose: Member, client: Client) -> None:
    sign_in(client, rose)
    thief = sign_in(Client(), rose)
    assert add_by_page(client).status_code == HTTPStatus.OK
    assert is_signed_in(client)
    assert not is_signed_in(thief)
    other = sign_in(Client(), rose, verified=True)
    add_by_page(client)
    assert is_signed_in(other)


@pytest.mark.promise("C2")
@pytest.mark.parametrize("address", ["/password/change/", "/settings/email/", "/settings/phone/"])
def test_a_session_without_the_second_step_changes_nothing_that_matters(
    rose: Member, client: Client, address: str
) -> None:
    sign_in(client, rose)
    add_app(rose)
    assert client.get(address)["Location"] == f"/sign-in/verify/?next={address}"
    assert client.post(address, {"email": "thief@example.org"})["Location"].startswith("/sign-in/verify/?next=")
    assert not kinds_of(rose)


@pytest.mark.promise("C2")
def test_nor_does_it_say_that_it_was_not_the_member(rose: Member, client: Client) -> None:
    sign_in(client, rose)
    event = happened(rose, Kind.SIGNED_IN)
    add_app(rose)
    for answer in (client.get(where := f"/settings/security/not-me/{event.pk}/"), client.post(where)):
        assert answer["Location"].startswith("/sign-in/verify/?next=/settings/security/not-me/")
    assert Member.objects.get(pk=rose.pk).has_usable_password()


def test_what_was_typed_goes_on_by_itself_after_the_second_step(rose: Member, client: Client) -> None:
    sign_in(client, rose)
    app = add_app(rose)
    where = client.post("/settings/email/", {"email": "barley@example.org"})["Location"]
    onward = client.post(where, {"code": code_of(app)})["Location"]
    client.get(onward)
    assert kinds_of(rose) == [Kind.EMAIL_ASKED]


def test_a_secret_that_another_session_was_shown_is_never_taken_up(rose: Member, client: Client) -> None:
    thief = sign_in(Client(), rose)
    thief.get("/settings/security/app/")
    noted = AuthenticatorApp.objects.get()
    sign_in(client, rose)
    page = client.post("/settings/security/app/", {"code": code_of(noted), "name": "My telephone"})
    assert page["Location"] == "/settings/security/app/"
    assert noted.secret[:4] not in client.get("/settings/security/app/").content.decode()
    assert not AuthenticatorApp.objects.filter(confirmed=True).exists()


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_new_password_and_signing_out_everywhere_end_what_was_begun(
    rose: Member, client: Client, *, is_kept: bool
) -> None:
    sign_in(client, rose)
    client.get("/settings/security/app/")
    if is_kept:
        client.post("/password/change/", {"new_password": "barley under the bells"})
    else:
        client.post("/settings/security/sessions/end-others/")
    assert not AuthenticatorApp.objects.exists()


def test_who_is_half_way_in_with_a_password_that_was_changed_gets_no_further(rose: Member, client: Client) -> None:
    app = add_app(rose)
    begin(client)
    change_password(Member.objects.get(pk=rose.pk), "barley under the bells")
    assert client.post("/sign-in/verify/", {"code": code_of(app)})["Location"] == "/sign-in/"
    assert not is_signed_in(client)
