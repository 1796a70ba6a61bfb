"""Recovery codes: shown once, taken once, counted, and worth nothing to who copies the database."""

import hashlib
import re
from http import HTTPStatus
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from accounts.models import Member
from security.authenticator import accept_code
from security.models import AuthenticatorApp, Event, Kind, RecoveryCode
from security.observing import Observation
from security.recovery import codes_left, make_codes, use_code
from tests.factories import PASSWORD, add_app, code_of, make_member, sign_in
from tests.test_sealed import found_in, places

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N2")]

NOWHERE = Observation()
CODES = "/settings/security/codes/"


@pytest.fixture
def rose() -> Member:
    rose = make_member("rose")
    add_app(rose)
    return rose


def half() -> Client:
    browser = Client()
    browser.post("/sign-in/", {"email": "rose@example.org", "password": PASSWORD})
    return browser


def send(browser: Client, code: str) -> Any:
    return browser.post("/sign-in/verify/", {"recovery_code": code})


def test_a_code_does_the_second_step_once(rose: Member) -> None:
    code = make_codes(rose, seen=NOWHERE)[3]
    browser = half()
    assert send(browser, code).status_code == HTTPStatus.FOUND
    assert browser.get("/friends/").status_code == HTTPStatus.OK
    assert codes_left(rose) == 9
    again = half()
    assert send(again, code).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert again.get("/friends/").status_code == HTTPStatus.FOUND
    assert Event.objects.filter(member=rose, kind=Kind.CODE_USED).count() == 1
    assert "9 of 10 left" in browser.get("/settings/security/").content.decode()


@pytest.mark.parametrize("typed", [str.upper, lambda code: code.replace("-", " "), lambda code: code.replace("-", "")])
def test_a_code_may_be_typed_as_it_was_written_down(rose: Member, typed: Any) -> None:
    assert send(half(), typed(make_codes(rose, seen=NOWHERE)[0])).status_code == HTTPStatus.FOUND


def test_a_wrong_code_is_said_beside_its_field_which_is_open(rose: Member) -> None:
    make_codes(rose, seen=NOWHERE)
    page = send(half(), "aaaa-bbbb-cccc-dddd")
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "none of your codes" in page.context["recovery_form"].errors["recovery_code"][0]
    assert '<details class="card fold" open>' in page.content.decode()
    assert 'value="aaaa-bbbb-cccc-dddd"' in page.content.decode()  # to be corrected, not to be typed anew


def test_a_code_of_somebody_else_opens_nothing(rose: Member) -> None:
    code = make_codes(make_member("fern"), seen=NOWHERE)[0]
    make_codes(rose, seen=NOWHERE)
    assert send(half(), code).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_one_code_at_once_one_gets_in(rose: Member) -> None:
    code, together, taken = make_codes(rose, seen=NOWHERE)[0], Barrier(4), []

    def use() -> None:
        together.wait()
        taken.append(use_code(rose, code, seen=NOWHERE) is not None)
        connections.close_all()

    threads = [Thread(target=use) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False, False, False, True]


# --- making them --------------------------------------------------------------------------------------------------
def test_new_codes_are_shown_once_and_put_an_end_to_the_old(rose: Member, client: Client) -> None:
    old = make_codes(rose, seen=NOWHERE)
    sign_in(client, rose, verified=True)
    before = client.session.session_key
    page = client.post(CODES)
    shown = page.context["codes"]
    assert page.status_code == HTTPStatus.OK
    assert "no-store" in page["Cache-Control"]
    assert all(code in page.content.decode() for code in shown)
    assert not any(code in client.get(CODES).content.decode() for code in shown)
    assert client.session.session_key != before
    assert send(half(), old[0]).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert send(half(), shown[0]).status_code == HTTPStatus.FOUND


def test_who_has_no_second_step_gets_no_codes(client: Client) -> None:
    sign_in(client, make_member("fern"))
    assert client.post(CODES)["Location"] == "/settings/security/"
    assert not RecoveryCode.objects.exists()


def test_who_was_let_in_by_a_code_stays_in_when_new_ones_are_made(rose: Member) -> None:
    browser = half()
    send(browser, make_codes(rose, seen=NOWHERE)[0])
    assert browser.post(CODES).status_code == HTTPStatus.OK
    assert browser.get(CODES).status_code == HTTPStatus.OK


def test_the_file_holds_the_codes_that_are_shown(rose: Member, client: Client) -> None:
    sign_in(client, rose, verified=True)
    page = client.post(CODES)
    sent = re.findall(r'name="codes" value="([^"]+)"', page.content.decode())
    answer = client.post("/settings/security/codes/file/", {"codes": sent})
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]
    assert set(page.context["codes"]) <= set(answer.content.decode().splitlines())


@pytest.mark.parametrize("sent", [[], ["aaaa-bbbb-cccc-dddd"], ["x" * 100_000]])
def test_the_file_holds_nothing_that_somebody_else_put_there(rose: Member, client: Client, sent: list[str]) -> None:
    sign_in(client, rose, verified=True)
    good = client.post(CODES).context["codes"]
    answer = client.post("/settings/security/codes/file/", {"codes": [*good[:9], *sent]})
    assert answer["Location"] == CODES


# --- what a thief finds -------------------------------------------------------------------------------------------
@pytest.mark.promise("K2")
@pytest.mark.django_db(transaction=True)
def test_what_lies_in_the_database_opens_nothing_and_the_genuine_does(rose: Member) -> None:
    codes, app = make_codes(rose, seen=NOWHERE), AuthenticatorApp.objects.get()
    needles = {f"code {number}": code for number, code in enumerate(codes)}
    needles |= {f"code {number} plain": code.replace("-", "") for number, code in enumerate(codes)}
    assert found_in(places(), needles | {"secret": app.secret}) == set()
    for stored in RecoveryCode.objects.values_list("digest", flat=True)[:3]:
        assert send(half(), stored).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert accept_code(rose, hashlib.sha256(bytes(_stored_secret())).hexdigest()[:6]) is None
    assert send(half(), codes[0]).status_code == HTTPStatus.FOUND
    assert half().post("/sign-in/verify/", {"code": code_of(app)}).status_code == HTTPStatus.FOUND


def _stored_secret() -> bytes:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT secret FROM security_authenticatorapp")
        return bytes(cursor.fetchone()[0])


def test_codes_have_eighty_random_bits_and_no_two_are_alike(rose: Member) -> None:
    codes = {code for _time in range(20) for code in make_codes(rose, seen=NOWHERE)}
    assert len(codes) == 200
    assert all(re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", code) for code in codes)


@pytest.mark.parametrize("typed", [str, str.upper, lambda code: code.replace("-", ""), lambda code: code[:16]])
def test_a_recovery_code_in_the_field_for_six_digits_is_pointed_to_its_place_and_not_used_up(
    rose: Member, typed: Any
) -> None:
    code = make_codes(rose, seen=NOWHERE)[0]
    browser = half()
    answer = browser.post("/sign-in/verify/", {"code": typed(code)})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "looks like a recovery code" in answer.context["code_form"].errors["code"][0]
    assert re.search(r"<details[^>]* open>", answer.content.decode())
    assert code not in answer.content.decode()
    assert codes_left(rose) == 10
    assert send(browser, code).status_code == HTTPStatus.FOUND


@pytest.mark.parametrize("typed", ["123456789012", "words of mine", "abcd-efgh"])
def test_nothing_else_is_taken_for_one(rose: Member, typed: str) -> None:
    make_codes(rose, seen=NOWHERE)
    answer = half().post("/sign-in/verify/", {"code": typed})
    assert answer.context["code_form"].errors["code"] == ["The code has six digits."]


def test_who_has_no_recovery_code_left_is_pointed_nowhere(rose: Member) -> None:
    code = make_codes(rose, seen=NOWHERE)[0]
    RecoveryCode.objects.all().delete()
    answer = half().post("/sign-in/verify/", {"code": code})
    assert answer.context["code_form"].errors["code"] == ["The code has six digits."]
