"""A passkey that stands in for the password where somebody shows once more who they are."""

from http import HTTPStatus

import pytest
from django.test import Client

from accounts.models import Member
from security.models import StepRemoval
from security.signing_in import FRESH
from tests.factories import add_app, let_time_pass, make_member, sign_in
from tests.security.device import PRESENT, Device
from tests.security.test_passkeys import add, begin, send

pytestmark = [pytest.mark.django_db, pytest.mark.promise("C2"), pytest.mark.promise("N2")]
BEGIN, RENEW = "/sign-in/again/passkey/begin/", "/sign-in/again/passkey/"
ASKS = "/password/change/"


@pytest.fixture
def rose() -> Member:
    return make_member("rose")


@pytest.fixture
def device() -> Device:
    return Device()


@pytest.fixture
def stale(rose: Member, device: Device) -> Client:
    """Return a browser in which rose signed in a while ago, and has a passkey."""
    client = sign_in(Client(), rose)
    assert add(client, device).status_code == HTTPStatus.OK
    let_time_pass(client)
    assert client.get(ASKS)["Location"].startswith("/sign-in/again/")
    return client


def renew(client: Client, device: Device, **wrong: object):
    return send(client, f"{RENEW}?next={ASKS}", device.use(begin(client, BEGIN), **wrong))


def page_of(client: Client) -> str:
    return str(client.get(f"/sign-in/again/?next={ASKS}", HTTP_HOST="localhost").content.decode())


def is_fresh(client: Client) -> bool:
    return client.get(ASKS).status_code == HTTPStatus.OK


def test_it_is_offered_to_who_has_one(stale, rose):
    assert "It is me, by a passkey" in page_of(stale)
    moss = sign_in(Client(), make_member("moss"))
    let_time_pass(moss)
    assert "by a passkey" not in page_of(moss)


def test_it_counts_as_password_and_second_step_and_gives_the_session_a_new_key(stale, device):
    before = stale.session.session_key
    answer = renew(stale, device)
    assert answer.json() == {"go": ASKS}
    assert stale.session.session_key != before
    assert is_fresh(stale)


def test_a_touch_alone_does_not_do(stale, device):
    assert renew(stale, device, flagged=PRESENT).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not is_fresh(stale)


def test_the_passkey_of_somebody_else_is_refused(stale):
    other = Device()
    assert add(sign_in(Client(), make_member("moss")), other).status_code == HTTPStatus.OK
    assert renew(stale, other).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not is_fresh(stale)


def test_an_answer_is_taken_once(stale, device):
    said = device.use(begin(stale, BEGIN))
    assert send(stale, RENEW, said).status_code == HTTPStatus.OK
    let_time_pass(stale)
    assert send(stale, RENEW, said).status_code == HTTPStatus.CONFLICT
    assert not is_fresh(stale)


def test_what_was_begun_as_a_second_step_is_good_for_that_alone(stale, device):
    said = device.use(begin(stale, "/sign-in/passkey/begin/"))
    assert send(stale, RENEW, said).status_code == HTTPStatus.CONFLICT
    said = device.use(begin(stale, BEGIN))
    assert send(stale, "/sign-in/passkey/", said).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not is_fresh(stale)


def test_a_second_step_with_a_passkey_does_not_make_a_session_fresh(stale, device):
    assert send(stale, "/sign-in/passkey/", device.use(begin(stale, "/sign-in/passkey/begin/"))).status_code == 200
    assert FRESH not in stale.session
    assert not is_fresh(stale)


def test_who_is_signed_in_nowhere_renews_nothing(device, stale):
    said = device.use(begin(stale, BEGIN))
    for address in (BEGIN, RENEW):
        assert Client().post(address, said, content_type="application/json").status_code == HTTPStatus.FOUND


def test_what_was_sent_goes_on_by_itself(stale, device, rose):
    asked = stale.post("/settings/email/", {"email": "rose@new.example"})
    answer = send(stale, f"{RENEW}?{asked['Location'].partition('?')[2]}", device.use(begin(stale, BEGIN)))
    page = stale.get(answer.json()["go"], follow=True).content.decode()
    assert "Look into the mail of the new address" in page or "rose@new.example" in page


def test_beside_it_an_app_is_not_asked_for(stale, device, rose):
    add_app(rose)
    assert renew(stale, device).status_code == HTTPStatus.OK
    assert is_fresh(stale)
    assert not StepRemoval.objects.exists()
