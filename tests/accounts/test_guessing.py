"""Guessing: how often passwords and addresses may be tried, and who gets through although others try.

Of ten thousand attempts these tests make a few hundred; ``benchmarks/guessing.py`` makes all of them.
"""

from datetime import timedelta
from http import HTTPStatus
from ipaddress import ip_address

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Member
from accounts.registration import may_be_taken
from notifications.models import Notification
from security import guarding
from security.models import Allowance, Event, Kind
from tests import factories

from .joining import entries

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N1")]

AT_HOME = "192.0.2.7"
ELSEWHERE = "198.51.100.7"
WRONG = "not the password at all"
AFTER_A_WHILE = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def rose():
    return factories.make_member("rose")


def sign_in(browser, email="rose@example.org", password=factories.PASSWORD, *, address=AT_HOME, **headers):
    return browser.post("/sign-in/", {"email": email, "password": password}, REMOTE_ADDR=address, headers=headers)


@pytest.fixture
def her_browser(rose):
    """A browser in which rose has signed in, and out again."""
    browser = Client()
    assert sign_in(browser).status_code == HTTPStatus.FOUND
    browser.post("/sign-out/")
    return browser


def guess(times, *, email="rose@example.org", address=ELSEWHERE):
    """Try wrong passwords, each from a fresh browser; return how many were looked at."""
    emails = email if callable(email) else lambda number: email
    addresses = address if callable(address) else lambda number: address
    answers = [sign_in(Client(), emails(turn), WRONG, address=addresses(turn)).status_code for turn in range(times)]
    assert set(answers) <= {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS}
    return answers.count(HTTPStatus.UNPROCESSABLE_ENTITY)


def a_network_each(turn):
    """Return an address of another wider network at every turn."""
    return str(ip_address((turn % 100 + 20) << 24 | (turn // 100) << 16 | 1))


def far_away(turn):
    return str(ip_address(0x20010DB8 << 96 | turn << 64 | turn + 1))


# --- one account
def test_passwords_for_one_account_are_few_from_however_many_networks(rose):
    assert guess(70, address=a_network_each) == guarding.SIGN_IN_ADDRESS.burst


def test_a_day_of_guessing_is_about_a_hundred_passwords(rose, clock):
    looked_at = 0
    for _ in range(24 * 4):
        looked_at += guess(2, address=a_network_each)
        clock.shift(timedelta(minutes=15))
    assert looked_at <= 106


def test_its_owner_signs_in_meanwhile_with_a_browser_that_is_known(rose, her_browser):
    guess(40, address=a_network_each)
    assert sign_in(Client()).status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert sign_in(her_browser).status_code == HTTPStatus.FOUND


def test_its_owner_gets_through_from_the_very_network_of_who_guesses(rose, her_browser):
    guess(60, email=lambda turn: f"m{turn}@example.org", address=AT_HOME)
    assert sign_in(Client()).status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert sign_in(her_browser).status_code == HTTPStatus.FOUND


def test_a_browser_is_known_for_who_signed_in_with_it_and_for_nobody_else(rose, her_browser):
    factories.make_member("fern")
    guess(20, email="fern@example.org", address=a_network_each)
    assert sign_in(her_browser, "fern@example.org").status_code == HTTPStatus.TOO_MANY_REQUESTS


def test_a_known_browser_has_an_allowance_too(rose, her_browser):
    answers = [sign_in(her_browser, password=WRONG).status_code for _ in range(30)]
    assert answers.count(HTTPStatus.UNPROCESSABLE_ENTITY) == guarding.SIGN_IN_BROWSER.burst


def test_the_owner_without_a_known_browser_gets_in_by_mail(rose, mailoutbox, django_capture_on_commit_callbacks):
    guess(20, address=a_network_each)
    browser = Client()
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/password/reset/", {"email": "rose@example.org"}, REMOTE_ADDR=AT_HOME)
    link = next(line for line in mailoutbox[-1].body.splitlines() if "/password/reset/" in line)
    browser.post(link.removeprefix("http://127.0.0.1:8000"), {"new_password": "barley under the bells"})
    assert sign_in(Client(), password="barley under the bells").status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert sign_in(browser, password="barley under the bells").status_code == HTTPStatus.FOUND


# --- a thousand accounts
def test_passwords_for_many_accounts_are_few_from_one_network():
    assert guess(70, email=lambda turn: f"m{turn}@example.org") == guarding.SIGN_IN_NETWORK.burst


def test_hopping_within_a_network_of_ipv6_gains_nothing():
    assert guess(70, email=lambda turn: f"m{turn}@example.org", address=far_away) == guarding.SIGN_IN_NETWORK.burst


def test_hopping_from_network_to_network_meets_the_limit_of_the_wider_one(monkeypatch):
    few = guarding.Limit("few of a region", 20, timedelta(seconds=2))
    monkeypatch.setattr(guarding, "SIGN_IN_REGION", few)

    def a_neighbourhood_each(turn):
        return f"203.0.{turn}.9"

    assert guess(40, email=lambda turn: f"m{turn}@example.org", address=a_neighbourhood_each) == 20


def test_who_signs_in_uses_nothing_up(rose):
    for _ in range(15):
        assert sign_in(Client()).status_code == HTTPStatus.FOUND


def test_signing_in_with_an_account_of_ones_own_in_between_does_not_help(rose):
    factories.make_member("nettle")
    looked_at = 0
    for turn in range(52):
        looked_at += guess(1, email=f"m{turn}@example.org")
        sign_in(Client(), "nettle@example.org", address=ELSEWHERE)
    assert looked_at == guarding.SIGN_IN_NETWORK.burst


# --- who it is that asks
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP"])
def test_a_forged_header_makes_nobody_somebody_else(header):
    for turn in range(52):
        answer = sign_in(Client(), f"m{turn}@example.org", WRONG, **{header: a_network_each(turn)})
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS


def test_what_a_trusted_proxy_vouches_for_counts_and_what_the_client_put_before_it_does_not(settings):
    settings.TRUSTED_PROXIES = [guarding.ip_network("10.0.0.0/8")]
    for turn in range(52):
        forged = f"{a_network_each(turn)}, {ELSEWHERE}"
        answer = sign_in(Client(), f"m{turn}@example.org", WRONG, address="10.0.0.1", **{"X-Forwarded-For": forged})
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    others = {"X-Forwarded-For": AT_HOME}
    answer = sign_in(Client(), "m@example.org", WRONG, address="10.0.0.1", **others)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_who_has_no_address_shares_one_allowance_with_their_like():
    answers = [sign_in(Client(), f"m{turn}@example.org", WRONG, address="").status_code for turn in range(52)]
    assert answers.count(HTTPStatus.UNPROCESSABLE_ENTITY) == guarding.SIGN_IN_NETWORK.burst


# --- what is said
def test_who_has_to_wait_is_told_how_long_and_keeps_what_was_typed(rose):
    guess(10)
    answer = sign_in(Client(), password="my secret of today")
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert answer["Retry-After"] == "900"
    assert "Try again in 15 minutes." in page
    assert 'value="rose@example.org"' in page
    assert "my secret of today" not in page
    assert 'href="/password/reset/"' in page


def test_a_password_that_is_right_is_not_looked_at_either(rose):
    guess(10)
    assert sign_in(Client()).status_code == HTTPStatus.TOO_MANY_REQUESTS


@pytest.mark.promise("F5")
@pytest.mark.promise("N2")
def test_the_member_is_told_once_and_not_a_thousand_times(rose, clock):
    def told():
        return [event.member for event in Event.objects.filter(kind=Kind.MANY_FAILURES)]

    guess(10)
    assert told() == []
    guess(20, address=a_network_each)
    assert told() == [rose]
    clock.shift(timedelta(hours=23))
    guess(20, address=a_network_each)
    assert told() == [rose]
    clock.shift(timedelta(hours=2))
    guess(20, address=a_network_each)
    assert told() == [rose, rose]


@pytest.mark.parametrize("state", [{"is_active": False}, {"email_verified_at": None}])
def test_who_is_suspended_or_never_confirmed_is_not_written_to(rose, state):
    Member.objects.update(**state)
    guess(20, address=a_network_each)
    assert not Event.objects.exists()


def test_a_network_that_tries_everybody_alarms_nobody(rose):
    guess(60, email=lambda turn: f"m{turn}@example.org")
    sign_in(Client(), password=WRONG, address=ELSEWHERE)
    assert not Event.objects.exists()


@pytest.mark.promise("K2")
def test_nothing_that_can_be_read_is_kept_of_who_tried_what(rose):
    guess(12, email="nobody.known@example.org")
    kept = repr([(bytes(row.digest), row.full_at) for row in Allowance.objects.all()])
    assert Allowance.objects.count() == 4  # the address, the network, the wider one, and that it has run out
    assert all(word not in kept for word in ("nobody", "example", "198.51"))
    assert not Event.objects.exists()


# --- forms that send mail
def test_one_address_gets_few_mails_whoever_asks(rose, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answers = [
            Client().post("/password/reset/", {"email": "rose@example.org"}, REMOTE_ADDR=a_network_each(turn))
            for turn in range(20)
        ]
    assert len(mailoutbox) == guarding.MAILS.burst
    # Whoever asks after others did is not told that they did.
    assert {(answer.status_code, answer["Location"], answer.content) for answer in answers} == {
        (HTTPStatus.FOUND, "/password/reset/sent/", b"")
    }


def test_who_joins_after_others_did_with_the_same_address_is_not_told_and_takes_nothing_from_them():
    answers = [
        Client().post("/join/", entries(handle=f"sprout{turn}"), REMOTE_ADDR=a_network_each(turn)) for turn in range(6)
    ]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(HTTPStatus.FOUND, "/join/sent/")}
    assert Notification.objects.filter(notice="confirm-email").count() == guarding.MAILS.burst
    assert list(Member.objects.values_list("handle", flat=True)) == ["sprout2"]
    assert not may_be_taken("sprout5")


def test_one_network_asks_for_few_mails():
    answers = [
        Client().post("/password/reset/", {"email": f"m{turn}@example.org"}, REMOTE_ADDR=ELSEWHERE)
        for turn in range(30)
    ]
    assert [answer.status_code for answer in answers].count(HTTPStatus.FOUND) == guarding.ASKING_NETWORK.burst


def test_links_to_confirm_are_not_sent_without_end_either(rose, mailoutbox, django_capture_on_commit_callbacks):
    Member.objects.update(email_verified_at=None)
    with django_capture_on_commit_callbacks(execute=True):
        answers = {sign_in(Client()).status_code for _ in range(8)}
    assert answers == {HTTPStatus.UNPROCESSABLE_ENTITY}
    assert len(mailoutbox) == guarding.MAILS.burst
