"""Passwords: choosing, changing, and getting in again without one."""

import logging
import re
import time
from datetime import timedelta
from http import HTTPStatus
from smtplib import SMTPRecipientsRefused
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from django.utils import timezone

from accounts import mail, passwords
from accounts.models import Member
from accounts.passwords import check_new_password
from config import settings as shipped
from notifications import sending
from notifications.models import Notification, State
from security import discretion, events, tokens
from security.former_password import withdraw_password
from security.hashing import Argon2idHasher
from security.models import Kind, Session, Token
from security.observing import Observation
from tests import factories

pytestmark = pytest.mark.django_db
NEW = "barley under the bells"


@pytest.fixture
def rose():
    return factories.make_member("rose", email="rosemary.thorn@alderford.example")


@pytest.fixture
def her_browser(rose):
    return factories.sign_in_freshly(rose)


@pytest.fixture
def deliver(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def is_in(browser):
    return browser.get("/settings/privacy/").status_code == HTTPStatus.OK


def knows(member, password):
    return Member.objects.get(pk=member.pk).check_password(password)


# --- choosing
@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("eleven char", "password_too_short"),
        ("twelve chars", None),
        ("administrator", "password_too_common"),
        ("administrator!", "password_too_common"),
        ("12-password-2026", "password_too_common"),
        ("098765432109876", "row_of_keys"),
        ("aaaaaaaaaaaaaaa", "row_of_keys"),
        ("abcdefghijklmnop", "row_of_keys"),
        ("qwertyuiopasdfgh", "row_of_keys"),
        ("hedgerow-hedgerow", "own_details"),
        ("rosemary.thorn@alderford.example", "own_details"),
        ("RoseMary-Thorn", "own_details"),
        ("rose rose rose rose", "own_details"),
        ("alderford2026!", "own_details"),
        ("a rose by any other name", None),
        ("three words you like", None),
        ("only small letters", None),
        ("830517264905", None),  # digits alone
        ("a b c " * 43, "too_long"),
        (("a word by a word " * 16)[:256], None),
        ("x" * 257, "too_long"),
        ("ein Igel überm Zaun", None),
    ],
)
def test_a_password_is_long_uncommon_and_not_made_of_ones_own_details(rose, password, code):
    try:
        check_new_password(password, rose)
        codes = [None]
    except ValidationError as error:
        codes = [each.code for each in error.error_list]
    assert code in codes


def test_passwords_are_kept_as_argon2id_with_64_mebibytes_and_one_lane():
    assert shipped.PASSWORD_HASHERS == ["security.hashing.Argon2idHasher"]
    kept = Argon2idHasher().encode(NEW, "salt-of-the-earth")
    assert kept.startswith("argon2$argon2id$v=19$m=65536,t=3,p=1$")


# --- changing
def change(browser, new=NEW):
    return browser.post("/password/change/", {"new_password": new})


@pytest.mark.promise("C2")
@pytest.mark.promise("N2")
def test_changing_it_ends_every_other_session_and_keeps_this_one(rose, her_browser, deliver, mailoutbox):
    elsewhere = Client()
    elsewhere.force_login(rose)
    key = her_browser.cookies["session"].value
    with deliver():
        answer = change(her_browser)
    assert answer["Location"] == "/settings/security/"
    assert knows(rose, NEW)
    assert Session.objects.count() == 1
    assert is_in(her_browser)
    assert her_browser.cookies["session"].value != key
    assert not is_in(elsewhere)
    assert "was changed" in mailoutbox[0].subject
    assert mailoutbox[0].to == ["rosemary.thorn@alderford.example"]


@pytest.mark.promise("C2")
def test_changing_it_takes_a_fresh_sign_in_with_the_old_one_and_goes_on_with_what_was_typed(rose, her_browser):
    factories.let_time_pass(her_browser)
    asked = change(her_browser)["Location"]
    assert asked.startswith("/sign-in/again/?next=/password/change/")
    assert her_browser.get(asked).status_code == HTTPStatus.OK
    sent_on = parse_qs(urlsplit(asked).query)["next"][0]
    refused = her_browser.post("/sign-in/again/", {"password": NEW, "next": sent_on})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert knows(rose, factories.PASSWORD)
    her_browser.post("/sign-in/again/", {"password": factories.PASSWORD, "next": sent_on})
    assert her_browser.get(sent_on)["Location"] == "/settings/security/"
    assert knows(rose, NEW)


def test_a_change_makes_links_to_reset_it_worthless(rose, her_browser, deliver, mailoutbox):
    link = asked_for(deliver, mailoutbox)
    change(her_browser)
    assert Client().get(link).status_code == HTTPStatus.GONE


def test_a_change_makes_links_to_confirm_the_address_worthless(rose, her_browser):
    token = tokens.issue(rose, tokens.VERIFY_EMAIL)
    change(her_browser)
    assert tokens.find(token, tokens.VERIFY_EMAIL) is None


def test_nobody_changes_a_password_without_being_signed_in():
    assert Client().get("/password/change/")["Location"].startswith("/sign-in/")
    assert change(Client())["Location"].startswith("/sign-in/")


@pytest.mark.promise("F2")
def test_a_new_password_is_asked_for_once(her_browser):
    page = her_browser.get("/password/change/").content.decode()
    assert re.findall(r'type="password" name="(\w+)"', page) == ["new_password"]


# --- resetting
def ask(email="rosemary.thorn@alderford.example"):
    return Client().post("/password/reset/", {"email": email})


def asked_for(deliver, mailoutbox):
    """Ask for a new password and return the path that was mailed."""
    with deliver():
        ask()
    return re.search(re.escape(settings.PUBLIC_URL) + r"(/password/reset/\S+)", mailoutbox[-1].body)[1]


@pytest.mark.promise("E6")
def test_known_or_unknown_the_answer_is_the_same(rose, deliver, mailoutbox):
    factories.make_member("bud", is_active=False)
    with deliver():
        answers = [ask(), ask("nobody@example.org"), ask("bud@example.org")]
    seen = {(answer.status_code, answer["Location"], answer.content, tuple(answer.cookies)) for answer in answers}
    assert len(seen) == 1
    assert [each.to for each in mailoutbox] == [["rosemary.thorn@alderford.example"]]
    assert Client().get("/password/reset/sent/").status_code == HTTPStatus.OK


@pytest.mark.promise("E6")
@pytest.mark.parametrize("email", ["rosemary.thorn@alderford.example", "nobody@example.org"])
def test_known_or_unknown_the_answer_takes_as_long(rose, email, monkeypatch):
    monkeypatch.setattr(discretion, "EVEN_SECONDS", 0.2)
    begun = time.perf_counter()
    ask(email)
    assert time.perf_counter() - begun >= 0.2


@pytest.mark.promise("N2")
def test_the_mailed_link_sets_a_new_password_once_and_ends_all_sessions(rose, her_browser, deliver, mailoutbox):
    link = asked_for(deliver, mailoutbox)
    visitor = Client()
    assert visitor.get(link).status_code == HTTPStatus.OK
    assert is_in(her_browser)
    with deliver():
        answer = visitor.post(link, {"new_password": NEW})
    assert answer["Location"] == "/sign-in/"
    assert knows(rose, NEW)
    assert not Session.objects.filter(member=rose).exists()
    assert not is_in(her_browser)
    assert not is_in(visitor)  # resetting signs nobody in
    assert "was changed" in mailoutbox[-1].subject
    for method in ("get", "post"):
        again = getattr(visitor, method)(link, {"new_password": "another one of mine"})
        assert again.status_code == HTTPStatus.GONE
        assert "Send me a new one" in again.content.decode()
    assert knows(rose, NEW)


def test_a_password_that_will_not_do_leaves_the_link_whole(rose, deliver, mailoutbox):
    link = asked_for(deliver, mailoutbox)
    for bad in ("short", "rosemary.thorn", ""):
        answer = Client().post(link, {"new_password": bad})
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert 'aria-invalid="true"' in answer.content.decode()
    assert Client().post(link, {"new_password": NEW}).status_code == HTTPStatus.FOUND


def test_a_link_to_reset_is_good_for_two_hours(rose, deliver, mailoutbox):
    link = asked_for(deliver, mailoutbox)
    with time_machine.travel(timezone.now() + timedelta(hours=2, seconds=1)):
        assert Client().post(link, {"new_password": NEW}).status_code == HTTPStatus.GONE
    assert knows(rose, factories.PASSWORD)


def test_only_the_newest_link_works(rose, deliver, mailoutbox):
    first, second = asked_for(deliver, mailoutbox), asked_for(deliver, mailoutbox)
    assert Client().get(first).status_code == HTTPStatus.GONE
    assert Client().get(second).status_code == HTTPStatus.OK


def test_the_address_with_the_token_is_told_to_nobody(rose, deliver, mailoutbox):
    link = asked_for(deliver, mailoutbox)
    answers = [Client().get(link), Client().post(link), Client().post(link, {"new_password": NEW}), Client().get(link)]
    assert {answer["Referrer-Policy"] for answer in answers} == {"no-referrer"}
    assert all(link not in answer.get("Location", "") for answer in answers)


def test_a_reset_confirms_the_address_it_was_mailed_to(rose, deliver, mailoutbox):
    Member.objects.update(email_verified_at=None)
    link = asked_for(deliver, mailoutbox)
    Client().post(link, {"new_password": NEW})
    assert Member.objects.get().email_verified_at is not None


def test_a_reset_makes_links_to_confirm_the_address_worthless(rose, deliver, mailoutbox):
    Member.objects.update(email_verified_at=None)
    token = tokens.issue(rose, tokens.VERIFY_EMAIL)
    Client().post(asked_for(deliver, mailoutbox), {"new_password": NEW})
    visitor = Client()
    answers = [visitor.post(f"/join/confirm/{token}/", {"password": word}) for word in (NEW, factories.PASSWORD)]
    assert [answer.status_code for answer in answers] == [HTTPStatus.GONE] * 2
    assert not is_in(visitor)


def test_who_is_suspended_in_the_meantime_resets_nothing(rose, deliver, mailoutbox):
    link = asked_for(deliver, mailoutbox)
    Member.objects.update(is_active=False)
    assert Client().post(link, {"new_password": NEW}).status_code == HTTPStatus.GONE
    assert knows(rose, factories.PASSWORD)


# --- mails
@pytest.mark.parametrize(
    "send",
    [
        lambda member: mail.confirm_address(member, "a-token"),
        mail.already_a_member,
        lambda member: mail.reset_password(member, "a-token"),
        lambda member: events.happened(member, Kind.PASSWORD_CHANGED, seen=Observation("Firefox", "203.0.113.0/24")),
    ],
    ids=["confirm", "already", "reset", "alert"],
)
def test_every_mail_says_why_and_tells_nothing_personal(rose, deliver, mailoutbox, send):
    with deliver():
        send(rose)
    [sent] = mailoutbox
    [html] = [str(content) for content, kind in sent.alternatives if kind == "text/html"]
    for text in (sent.body, html):
        assert "Why you get this:" in text
        assert "We never ask for your password by mail." in text
        assert settings.PUBLIC_URL in text
        assert not re.search(r"{[{%#]|[}%#]}", text)
    for personal in ("rose", "rosemary", "thorn", "1990"):
        assert personal not in (sent.subject + sent.body + html).lower()
    assert "http" not in html.replace(settings.PUBLIC_URL, "")  # no pictures, no tracking
    assert not re.search(r"<img|<script|<link", html)
    assert "\n" not in sent.subject


def test_a_mail_leaves_only_when_what_it_tells_is_certain(rose, mailoutbox):
    passwords.send_reset(rose.email)
    assert not mailoutbox


class RefusingServer(BaseEmailBackend):
    def send_messages(self, messages):
        raise SMTPRecipientsRefused({messages[0].to[0]: (550, b"no such user")})


def test_a_mail_server_that_refuses_breaks_no_page_and_the_log_names_no_address(rose, deliver, settings, caplog):
    settings.EMAIL_BACKEND = f"{__name__}.RefusingServer"
    with caplog.at_level(logging.INFO), deliver():
        assert ask().status_code == HTTPStatus.FOUND
    row = Notification.objects.get(notice="reset-password")
    assert (row.state, row.reason) == (State.UNREACHABLE, "550")
    assert "alderford" not in caplog.text
    assert Token.objects.count() == 1


def test_the_page_writes_a_row_and_rings_and_sends_nothing_itself(rose, deliver, mailoutbox, monkeypatch):
    rung = []
    monkeypatch.setattr(sending, "ring", lambda: rung.append(True))
    with deliver():
        ask()
    assert Notification.objects.get(notice="reset-password").state == State.QUEUED
    assert (rung, mailoutbox) == ([True], [])


# --- the one that is to go ------------------------------------------------------------------------------------------
FORMER = "This is the one that is to be replaced"


@pytest.mark.promise("N2")
def test_the_password_one_has_is_no_new_one(client, rose):
    factories.sign_in(client, rose)
    answer = client.post("/password/change/", {"new_password": factories.PASSWORD})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert FORMER in answer.content.decode()


@pytest.mark.promise("N2")
def test_the_password_that_was_given_away_does_not_come_back_by_a_mailed_link(client, rose):
    rose.set_password(factories.PASSWORD)
    rose.save()
    withdraw_password(rose)
    assert not Member.objects.get(pk=rose.pk).check_password(factories.PASSWORD)
    link = f"/password/reset/{tokens.issue(rose, tokens.RESET_PASSWORD)}/"
    answer = client.post(link, {"new_password": factories.PASSWORD})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert FORMER in answer.content.decode()
    assert client.post(link, {"new_password": "barley under the bells"}).status_code == HTTPStatus.FOUND
    assert Member.objects.get(pk=rose.pk).check_password("barley under the bells")
