"""The link that was mailed: it opens the account to who chose its password, once."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.test import Client, TestCase
from django.utils import timezone

from accounts import registration
from accounts.models import Member, Profile
from encryption.keys import is_destroyed
from security.models import Session, Token

from . import PASSWORD, link_in, press, wrong

pytestmark = pytest.mark.django_db


@pytest.mark.promise("E3")
def test_the_mailed_link_confirms_by_the_password_signs_in_and_leads_to_the_check_up(link, visitor):
    page = visitor.get(link)
    assert page.status_code == HTTPStatus.OK
    assert "@rose" in page.content.decode()
    control = re.search(r'<input[^>]*name="password"[^>]*>', page.content.decode())[0]
    assert 'autocomplete="current-password"' in control
    answer = press(visitor, link)
    assert answer["Location"] == "/settings/check-up/"
    assert Member.objects.get().email_verified_at is not None
    assert visitor.get(answer["Location"]).status_code == HTTPStatus.OK
    assert not Token.objects.exists()


@pytest.mark.parametrize("password", ["", "not the one", "x" * 257, None])
def test_a_press_without_the_password_chosen_at_joining_confirms_nothing_and_uses_nothing_up(link, visitor, password):
    answer = visitor.post(link, {} if password is None else {"password": password})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    page = answer.content.decode()
    assert 'id="id_password-error-1"' in page
    assert 'aria-invalid="true"' in re.search(r'<input[^>]*name="password"[^>]*>', page)[0]
    assert not password or password not in page
    assert Member.objects.get().email_verified_at is None
    assert "_auth_user_id" not in visitor.session
    assert press(visitor, link).status_code == HTTPStatus.FOUND


def test_who_did_not_choose_the_password_opens_the_account_for_nobody_else(join, mailoutbox, visitor):
    """Somebody joins with the address of somebody else, who presses the link that was mailed to them."""
    join(password="chosen by the intruder")
    press(visitor, link_in(mailoutbox[0]))
    intruder = Client()
    intruder.post("/sign-in/", {"email": "rose@example.org", "password": "chosen by the intruder"})
    assert "_auth_user_id" not in intruder.session


def test_the_fifth_wrong_password_kills_the_link(link, visitor):
    statuses = [press(visitor, link, password).status_code for password in wrong(5)]
    assert statuses == [HTTPStatus.UNPROCESSABLE_ENTITY] * 4 + [HTTPStatus.GONE]
    assert press(visitor, link).status_code == HTTPStatus.GONE
    assert not Token.objects.exists()
    assert Member.objects.get().email_verified_at is None


def test_the_right_password_at_the_fifth_try_begins(link, visitor):
    for password in wrong(4):
        press(visitor, link, password)
    assert press(visitor, link).status_code == HTTPStatus.FOUND


def test_who_did_not_join_has_it_erased_by_a_press(link, visitor):
    rose = Member.objects.get().pk
    assert "This was not me" in visitor.get(link).content.decode()
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = visitor.post(link, {"not-me": "yes"})
    assert answer["Location"] == "/"
    assert "is erased" in visitor.get("/").content.decode()
    assert [model.objects.count() for model in (Member, Profile, Token)] == [0, 0, 0]
    assert is_destroyed(rose)
    assert not registration.may_be_taken("rose")  # as long as it would have been anyway
    assert visitor.post(link, {"not-me": "yes"}).status_code == HTTPStatus.GONE


def test_opening_the_link_uses_nothing_up(link, visitor):
    for _ in range(3):
        visitor.get(link)
        visitor.head(link)
    assert Member.objects.get().email_verified_at is None
    assert press(visitor, link).status_code == HTTPStatus.FOUND


def test_joining_itself_signs_nobody_in(join, visitor):
    join(visitor)
    assert not Session.objects.exists()
    assert visitor.get("/settings/privacy/").status_code == HTTPStatus.FOUND


def test_a_second_press_says_so_and_leads_on(link):
    press(Client(), link)
    for method in ("get", "post"):
        answer = getattr(Client(), method)(link, {"password": PASSWORD})
        assert answer.status_code == HTTPStatus.GONE
        assert "This link opens nothing any more" in answer.content.decode()
        assert "/sign-in/" in answer.content.decode()
    assert Session.objects.count() == 1


@pytest.mark.parametrize("more", [{}, {"not-me": "yes"}])
def test_a_link_opens_nothing_for_who_is_confirmed_already(link, visitor, more):
    Member.objects.update(email_verified_at=timezone.now())
    assert visitor.get(link).status_code == HTTPStatus.GONE
    assert visitor.post(link, {"password": PASSWORD, **more}).status_code == HTTPStatus.GONE
    assert "_auth_user_id" not in visitor.session
    assert Member.objects.get().handle == "rose"


def test_an_expired_link_is_as_dead_as_one_that_never_was(link, visitor):
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        expired, never = press(visitor, link), press(visitor, "/join/confirm/never-was/")
    assert expired.status_code == never.status_code == HTTPStatus.GONE
    assert Member.objects.get().email_verified_at is None


def test_the_session_before_the_press_is_not_the_one_after(link, visitor):
    session = visitor.session
    session["visited"] = True
    session.save()
    before = visitor.cookies["session"].value
    press(visitor, link)
    assert visitor.cookies["session"].value != before
    assert not visitor.session.exists(before)


def test_the_address_of_the_link_is_told_to_nobody(link, visitor):
    answers = [visitor.get(link), press(visitor, link, "wrong"), visitor.get("/join/confirm/never-was/")]
    answers.append(visitor.post(link, {"not-me": "yes"}))
    assert {answer["Referrer-Policy"] for answer in answers} == {"no-referrer"}


def test_a_suspended_account_is_not_signed_in_by_its_link(link, visitor):
    Member.objects.update(is_active=False)
    assert press(visitor, link).status_code == HTTPStatus.GONE
    assert "_auth_user_id" not in visitor.session
