"""Correcting a birth date: nobody grows up by typing."""

import re
from datetime import date, timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.utils import timezone

from accounts.births import Step, what_it_is
from accounts.models import Profile
from catalogue.vocabulary import Audience
from encryption.fields import UNAVAILABLE
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.promise("C2")]


def born(years, days=0):
    """Return the birth date of somebody who turned ``years`` that many days ago."""
    today = timezone.localdate()
    return date(today.year - years, today.month, min(today.day, 28)) - timedelta(days=days)


CHILD, YOUNGER, JUVENILE, OLDER, ADULT, OTHER_ADULT = (born(years, 40) for years in (12, 14, 15, 16, 36, 40))


@pytest.fixture
def rose():
    return factories.make_member(
        "rose",
        birth_date=ADULT,
        display_name="Rose",
        audiences={"display_name": Audience.EVERYONE, "city": Audience.EVERYONE, "bio": Audience.ONLY_ME},
    )


@pytest.fixture
def hers(rose):
    return factories.sign_in_freshly(rose)


def correct(browser, day, **more):
    typed = {"day": str(day.day), "month": str(day.month), "year": str(day.year)}
    return browser.post("/settings/birth-date/", typed | more)


def profile():
    return Profile.objects.get()


@pytest.mark.promise("M3")
@pytest.mark.promise("M2")
@pytest.mark.parametrize(
    ("stored", "typed", "step"),
    [
        (ADULT, ADULT, Step.SAME),
        (ADULT, OTHER_ADULT, Step.FREE),
        (None, ADULT, Step.FREE),
        (None, JUVENILE, Step.BECOMES_JUVENILE),
        (ADULT, JUVENILE, Step.BECOMES_JUVENILE),
        (ADULT, CHILD, Step.FOR_STAFF),
        (JUVENILE, CHILD, Step.FOR_STAFF),
        (JUVENILE, YOUNGER, Step.FREE),
        (JUVENILE, OLDER, Step.FOR_STAFF),
        (JUVENILE, JUVENILE - timedelta(days=1), Step.FOR_STAFF),
        (JUVENILE, ADULT, Step.FOR_STAFF),
        (UNAVAILABLE, ADULT, Step.FOR_STAFF),
        (UNAVAILABLE, JUVENILE, Step.FOR_STAFF),
    ],
)
def test_what_a_correction_amounts_to(stored, typed, step):
    assert what_it_is(stored, typed) is step


def test_an_adult_corrects_it_once_a_year_and_is_told_when_again(hers):
    assert correct(hers, OTHER_ADULT)["Location"] == "/settings/profile/"
    assert profile().birth_date == OTHER_ADULT
    assert profile().city_audience == Audience.EVERYONE
    again = correct(hers, ADULT)
    assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert re.search(r"You can again from \d+ \w+ \d{4}", again.content.decode())
    assert profile().birth_date == OTHER_ADULT
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        factories.sign_in_freshly(profile().member, hers)
        assert correct(hers, ADULT).status_code == HTTPStatus.FOUND
    assert profile().birth_date == ADULT


@pytest.mark.promise("M2")
def test_who_becomes_a_juvenile_is_warned_first_and_capped_at_once(hers):
    warned = correct(hers, JUVENILE)
    assert warned.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "With this date you are a juvenile here" in warned.content.decode()
    assert profile().birth_date == ADULT
    assert correct(hers, JUVENILE, sure="on")["Location"] == "/settings/profile/"
    found = profile()
    assert (found.birth_date, found.city_audience, found.bio_audience) == (JUVENILE, Audience.FRIENDS, Audience.ONLY_ME)
    assert (found.listed, found.public_name) == (False, "")
    assert found.display_name_audience == Audience.FRIENDS


@pytest.mark.promise("M2")
def test_telling_that_one_is_younger_is_never_too_often(hers):
    correct(hers, OTHER_ADULT)
    assert correct(hers, JUVENILE, sure="on").status_code == HTTPStatus.FOUND
    assert profile().birth_date == JUVENILE


@pytest.mark.promise("M2")
@pytest.mark.promise("M3")
@pytest.mark.parametrize(("stored", "typed"), [(JUVENILE, ADULT), (JUVENILE, OLDER), (JUVENILE, CHILD), (ADULT, CHILD)])
def test_what_only_staff_can_do_is_said_with_where_to_write(rose, hers, stored, typed):
    found = profile()
    found.birth_date = stored
    found.save()
    answer = correct(hers, typed, sure="on")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Only our staff can change it" in answer.content.decode()
    assert 'href="mailto:post@' in answer.content.decode()
    assert profile().birth_date == stored


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"day": "30", "month": "2", "year": "1990"}, "day"),
        ({"day": "1", "month": "1", "year": "2999"}, "year"),
        ({"day": "1", "month": "1", "year": "1899"}, "year"),
        ({"day": "", "month": "x", "year": "1990"}, "month"),
        ({"day": "0", "month": "1", "year": "0000"}, "day"),
    ],
)
def test_what_is_no_birth_date_is_said_by_the_field(hers, typed, field):
    answer = hers.post("/settings/birth-date/", typed)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert f'id="id_{field}-error-1"' in answer.content.decode()
    assert profile().birth_date == ADULT


def test_it_takes_a_fresh_sign_in(hers):
    factories.let_time_pass(hers)
    assert correct(hers, OTHER_ADULT)["Location"].startswith("/sign-in/again/")
    assert profile().birth_date == ADULT


def test_the_page_is_filled_with_what_is_known(hers):
    page = hers.get("/settings/birth-date/").content.decode()
    assert f'value="{ADULT.year}"' in page
    assert 'href="/settings/birth-date/"' in hers.get("/settings/profile/").content.decode()
