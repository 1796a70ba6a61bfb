"""Passkeys: a second step, and a way in without a password. Whatever a browser sends, nobody gets in who should not."""

import copy
import json
import random
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Member
from accounts.roles import assign_roles
from security.models import Browser, Event, Kind, Passkey, SignIn
from security.signing_in import FRESH
from tests.factories import PASSWORD, add_app, make_member, sign_in
from tests.security.device import PRESENT, Device, to_text

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N2")]

ADD, USE = "/settings/security/passkey/add/", "/sign-in/passkey/"
BEGIN_ADDING, BEGIN_USING = "/settings/security/passkey/begin/", "/sign-in/passkey/begin/"


@pytest.fixture
def rose() -> Member:
    return make_member("rose")


@pytest.fixture
def device(rose: Member) -> Device:
    """Return a device with a passkey of rose's."""
    device = Device()
    assert add(sign_in(Client(), rose), device).status_code == HTTPStatus.OK
    return device


def send(browser: Client, address: str, said: Any) -> Any:
    return browser.post(address, json.dumps(said), content_type="application/json")


def begin(browser: Client, address: str) -> dict[str, Any]:
    answer = send(browser, address, {})
    assert answer.status_code == HTTPStatus.OK, answer.content
    options: dict[str, Any] = answer.json()
    return options


def add(browser: Client, device: Device, name: str = "My stick", **wrong: Any) -> Any:
    return send(browser, ADD, {**device.make(begin(browser, BEGIN_ADDING), **wrong), "name": name})


def use(browser: Client, device: Device, address: str = USE, **wrong: Any) -> Any:
    return send(browser, address, device.use(begin(browser, BEGIN_USING), **wrong))


def is_signed_in(browser: Client) -> bool:
    return browser.get("/friends/").status_code == HTTPStatus.OK


def half_signed_in(handle: str = "rose") -> Client:
    browser = Client()
    browser.post("/sign-in/", {"email": f"{handle}@example.org", "password": PASSWORD})
    return browser


# --- adding -------------------------------------------------------------------------------------------------------
def test_a_passkey_is_added_and_brings_recovery_codes(rose: Member, client: Client) -> None:
    sign_in(client, rose)
    before = client.session.session_key
    answer = add(client, Device())
    assert answer.json() == {"go": "/settings/security/", "codes": True}
    assert client.session.session_key != before
    passkey = Passkey.objects.get()
    assert (passkey.user_id, passkey.name, passkey.confirmed, passkey.discoverable) == (rose.pk, "My stick", True, True)
    assert list(Event.objects.values_list("kind", flat=True)) == [Kind.FACTOR_ADDED]
    assert client.post("/settings/security/codes/").status_code == HTTPStatus.OK
    assert "My stick" in client.get("/settings/security/").content.decode()


def test_what_a_device_says_of_where_it_comes_from_is_not_kept(device: Device) -> None:
    assert not apps.get_model("django_otp_webauthn.WebAuthnAttestation").objects.exists()


def test_a_passkey_has_a_name(rose: Member, client: Client) -> None:
    sign_in(client, rose)
    for name in ("", "x" * 65, "a\x00b", None, 7, ["a"], {"a": 1}):
        answer = add(client, Device(), name=name)  # type: ignore[arg-type]  # on purpose
        assert answer.status_code in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.OK), name
        assert answer.status_code == HTTPStatus.OK or answer.json()["code"] == "name"
    assert all(isinstance(each.name, str) and each.name for each in Passkey.objects.all())


@pytest.mark.promise("C2")
def test_a_passkey_is_added_after_a_fresh_sign_in_only(rose: Member, client: Client) -> None:
    sign_in(client, rose)
    session = client.session
    session[FRESH] -= settings.FRESH_FOR + 1
    session.save()
    assert send(client, BEGIN_ADDING, {}).json()["code"] == "not_fresh"
    assert not Passkey.objects.exists()


def test_who_has_not_done_the_second_step_here_adds_none(rose: Member, client: Client) -> None:
    add_app(rose)
    sign_in(client, rose)
    assert send(client, BEGIN_ADDING, {}).status_code == HTTPStatus.FORBIDDEN
    assert send(client, ADD, {}).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.promise("C2")
def test_a_passkey_that_is_the_first_step_signs_out_everywhere_else(rose: Member, client: Client) -> None:
    sign_in(client, rose)
    thief = sign_in(Client(), rose)
    add(client, Device())
    assert is_signed_in(client)
    assert not is_signed_in(thief)


def test_a_passkey_is_added_once(rose: Member, client: Client) -> None:
    sign_in(client, rose)
    device = Device()
    said = {**device.make(begin(client, BEGIN_ADDING)), "name": "One"}
    assert send(client, ADD, said).status_code == HTTPStatus.OK
    assert send(client, ADD, said).json()["code"] == "not_begun"
    assert add(client, device).json()["code"] == "not_added"
    fern = sign_in(Client(), make_member("fern"))
    assert add(fern, device).json()["code"] == "not_added"
    assert Passkey.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:9"},
        {"rp": "evil.example"},
        {"challenge": to_text(b"another challenge, of as many bytes as it takes")},
        {"flagged": 0},
    ],
    ids=str,
)
def test_a_passkey_made_elsewhere_or_by_nobody_is_not_added(rose: Member, client: Client, wrong: Any) -> None:
    sign_in(client, rose)
    assert add(client, Device(), **wrong).json()["code"] == "not_added"
    assert not Passkey.objects.exists()


# --- using --------------------------------------------------------------------------------------------------------
def test_a_passkey_signs_in_without_a_password(rose: Member, device: Device, client: Client) -> None:
    Event.objects.all().delete()
    answer = use(client, device, f"{USE}?next=/circles/")
    assert answer.json() == {"go": "/circles/"}
    assert is_signed_in(client)
    assert SignIn.objects.filter(member=rose).exists()
    assert Browser.objects.filter(member=rose).exists()
    assert Event.objects.get().kind in (Kind.SIGNED_IN, Kind.NEW_BROWSER)
    assert client.get("/settings/security/codes/").status_code == HTTPStatus.OK


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "accounts:home", ""])
def test_a_passkey_leads_nowhere_else(device: Device, client: Client, wanted: str) -> None:
    assert use(client, device, f"{USE}?next={wanted}").json() == {"go": "/"}


def test_a_passkey_does_the_second_step(device: Device) -> None:
    browser = half_signed_in()
    page = browser.get("/sign-in/verify/", HTTP_HOST="localhost").content.decode()
    assert "Use a passkey" in page
    assert use(browser, device, f"{USE}?next=/circles/").json() == {"go": "/circles/"}
    assert is_signed_in(browser)


def test_the_second_step_takes_a_touch_and_signing_in_alone_takes_more(device: Device) -> None:
    assert use(Client(), device, flagged=PRESENT).json()["code"] == "refused"
    assert use(half_signed_in(), device, flagged=PRESENT).status_code == HTTPStatus.OK
    assert use(half_signed_in(), device, flagged=0).json()["code"] == "refused"


def test_what_was_begun_as_a_second_step_does_not_sign_in_alone(device: Device) -> None:
    """A second step takes a touch only. Who lets the first step run out must not get in with that touch."""
    browser = half_signed_in()
    said = device.use(begin(browser, BEGIN_USING), flagged=PRESENT)
    session = browser.session
    session["half-signed-in"]["since"] -= 3600
    session.save()
    assert send(browser, USE, said).json()["code"] == "not_begun"
    assert not is_signed_in(browser)


def test_a_passkey_of_somebody_else_does_no_second_step(device: Device) -> None:
    add_app(make_member("fern"))
    browser = half_signed_in("fern")
    assert use(browser, device).json()["code"] == "refused"
    assert not is_signed_in(browser)


@pytest.mark.promise("K3")
def test_staff_do_the_second_step_once_more_with_a_passkey(rose: Member, device: Device, client: Client) -> None:
    assign_roles(rose, ["superuser"])
    use(client, device)
    session = client.session
    session["verified-at"] -= settings.STAFF_FACTOR_AGE + 1
    session.save()
    assert client.get("/admin/").status_code == HTTPStatus.FOUND
    assert use(client, device, f"{USE}?next=/admin/").json() == {"go": "/admin/"}
    assert client.get("/admin/").status_code == HTTPStatus.OK


def refusals(rose: Member, device: Device) -> Iterator[tuple[str, Any]]:
    """Yield the answers to everybody who must not get in."""
    yield "unknown", use(Client(), Device())
    yield "forged", use(Client(), Device(id=device.id))
    for wrong in ({"origin": "https://evil.example"}, {"rp": "evil.example"}, {"flagged": PRESENT}):
        yield str(wrong), use(Client(), device, **wrong)
    for values in ({"is_active": False}, {"is_active": True, "email_verified_at": None}):
        Member.objects.filter(pk=rose.pk).update(**values)
        yield str(values), use(Client(), device)
    Member.objects.filter(pk=rose.pk).update(is_active=True, email_verified_at=rose.email_verified_at)
    Passkey.objects.update(confirmed=False)
    yield "not confirmed", use(Client(), device)
    Passkey.objects.all().delete()
    yield "removed", use(Client(), device)


@pytest.mark.promise("E6")
def test_all_who_are_refused_get_the_same_answer(rose: Member, device: Device) -> None:
    answers = {why: (answer.status_code, answer.content) for why, answer in refusals(rose, device)}
    assert len(answers) == 9
    assert len(set(answers.values())) == 1, answers
    assert answers["unknown"][0] == HTTPStatus.UNPROCESSABLE_ENTITY


def test_who_is_refused_is_not_signed_in(rose: Member, device: Device) -> None:
    for browser, wrong in ((Client(), {"origin": "https://evil.example"}), (half_signed_in(), {"rp": "evil.example"})):
        use(browser, device, **wrong)
        assert not is_signed_in(browser)


def test_a_copy_is_refused(device: Device) -> None:
    """Where a device counts, a count that does not rise says that somebody else has the key too."""
    assert use(Client(), device, count=7).status_code == HTTPStatus.OK
    for count in (7, 6, 1, 0):
        assert use(Client(), device, count=count).json()["code"] == "refused"
    assert use(Client(), device, count=8).status_code == HTTPStatus.OK
    assert use(Client(), device, count=2**32 - 1).status_code in (HTTPStatus.OK, HTTPStatus.UNPROCESSABLE_ENTITY)


def test_an_answer_is_taken_once(device: Device, client: Client) -> None:
    said = device.use(begin(client, BEGIN_USING), count=0)
    assert send(client, USE, said).status_code == HTTPStatus.OK
    client.post("/sign-out/")
    assert send(client, USE, said).json()["code"] == "not_begun"
    begin(client, BEGIN_USING)
    assert send(client, USE, said).json()["code"] == "refused"


def test_the_page_of_a_number_leads_to_the_page_of_a_name(rose: Member, client: Client) -> None:
    """Browsers have no passkeys for an address in numbers."""
    sign_in(client, rose)
    page = client.get("/settings/security/passkey/", HTTP_HOST="127.0.0.1:8000").content.decode()
    assert 'href="http://localhost:8000/settings/security/passkey/"' in page
    assert "data-passkey" not in page
    assert "data-passkey" in client.get("/settings/security/passkey/", HTTP_HOST="localhost:8000").content.decode()


# --- whatever is sent ---------------------------------------------------------------------------------------------
SCRAPS: list[Any] = [None, True, 0, -1, 1.5, "", "a", "\x00", "%%%", "é" * 10, "A" * 5000, [], [1], {}, {"a": []}]


def spoiled(said: Any, dice: random.Random) -> Any:
    """Return what was said with one thing in it wrong."""
    said = copy.deepcopy(said)
    place = said
    while True:
        key = dice.choice(list(place))
        if isinstance(place[key], dict) and place[key] and dice.random() < 0.8:
            place = place[key]
            continue
        value = place[key]
        if isinstance(value, str) and len(value) > 20 and dice.random() < 0.6:
            where = dice.randrange(len(value))
            place[key] = dice.choice([value[:where], value[:where] + "A" + value[where + 1 :], value + value[:where]])
        elif dice.random() < 0.3:
            del place[key]
        else:
            place[key] = dice.choice(SCRAPS)
        return said


@pytest.mark.parametrize("seed", range(3))
def test_spoiled_answers_are_refused_and_never_an_error_of_ours(rose: Member, device: Device, seed: int) -> None:
    dice, member = random.Random(seed), sign_in(Client(), rose, verified=True)
    for _time in range(30):
        visitor = Client()
        said = spoiled(device.use(begin(visitor, BEGIN_USING)), dice)
        answer = send(visitor, USE, said)
        assert answer.status_code in (HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY), said
        other = Device()
        said = spoiled({**other.make(begin(member, BEGIN_ADDING)), "name": "Odd"}, dice)
        answer = send(member, ADD, said)
        assert answer.status_code in (HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY), said


KINDS = ["application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"]
BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"7",
    b'"text"',
    b"\xff\xfe",
    b'{"id": "\xff"}',
    b"[" * 50_000,
    b'{"a":' * 20_000,
    b'{"id": 1e999}',
    b"9" * 5000,
    b'{"x": "' + b"A" * 100_000 + b'"}',
    b"x" * (3 * 1024 * 1024),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("address", [BEGIN_ADDING, ADD, BEGIN_USING, USE])
def test_what_is_no_answer_at_all_is_refused_in_words(rose: Member, address: str, kind: str) -> None:
    browser = sign_in(Client(raise_request_exception=False), rose)
    for body in BODIES:
        answer = browser.generic("POST", address, body, content_type=kind)
        assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, body[:50]
        if answer.status_code == HTTPStatus.OK:
            assert address in (BEGIN_ADDING, BEGIN_USING)
            assert kind == "application/json"
        if answer["Content-Type"] == "application/json" and answer.status_code != HTTPStatus.OK:
            assert set(answer.json()) == {"code", "detail"}
            assert "AAAA" not in answer.content.decode()


def test_nothing_that_was_not_begun_is_taken(rose: Member, device: Device, client: Client) -> None:
    options = begin(Client(), BEGIN_USING)
    assert send(client, USE, device.use(options)).json()["code"] == "not_begun"
    sign_in(client, rose, verified=True)
    assert send(client, ADD, {"name": "x"}).json()["code"] == "not_begun"


@pytest.mark.promise("N1")
def test_asking_in_masses_has_an_end(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        answers = [send(client, BEGIN_USING, {}).status_code for _time in range(123)]
    assert answers == [HTTPStatus.OK] * 120 + [HTTPStatus.TOO_MANY_REQUESTS] * 3
