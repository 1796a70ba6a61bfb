"""Correcting a birth date: nobody grows up by typing."""

import re
from datetime import date, timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.utils import timezone

from accounts import age_cases
from accounts.age_cases import Finding, Teller
from accounts.births import Step, what_it_is
from accounts.models import Profile
from accounts.profiles import write_values
from catalogue.vocabulary import Audience
from encryption.fields import UNAVAILABLE
from privacy.models import AgeCase
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
    return Profile.objects.get(member__handle="rose")


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
def test_what_only_staff_can_do_is_said_and_can_be_asked_for(rose, hers, stored, typed):
    found = profile()
    found.birth_date = stored
    found.save()
    answer = correct(hers, typed, sure="on")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Only our staff can change it" in answer.content.decode()
    assert profile().birth_date == stored
    assert ask(hers, typed, words="A slip of the finger.")["Location"] == "/settings/birth-date/"
    assert "Our staff look at the date you asked for" in hers.get("/settings/birth-date/").content.decode()
    case = AgeCase.objects.get()
    [told] = case.told
    assert (told["by"], told["born"], told["words"]) == ("self", typed.isoformat(), "A slip of the finger.")
    assert profile().birth_date == stored


def ask(browser, day, **more):
    typed = {"day": str(day.day), "month": str(day.month), "year": str(day.year)}
    return browser.post("/settings/birth-date/ask/", typed | more)


@pytest.mark.promise("M2")
@pytest.mark.parametrize(
    ("stored", "wanted", "finding", "becomes"),
    [
        (JUVENILE, ADULT, Finding.DATE, ADULT),
        (JUVENILE, ADULT, Finding.NOTHING, JUVENILE),
        (JUVENILE, OLDER, Finding.DATE, OLDER),
        (ADULT, OTHER_ADULT, Finding.DATE, OTHER_ADULT),
    ],
)
def test_a_date_counts_when_staff_have_looked_at_it_and_the_member_is_told(
    rose, hers, stored, wanted, finding, becomes, mailoutbox, django_capture_on_commit_callbacks
):
    write_values(profile(), {"birth_date": stored})
    before = profile().city_audience
    ask(hers, wanted, words="It is wrong.")
    case = AgeCase.objects.get()
    age_cases.look(case)
    hayward = factories.make_member("hayward")
    with django_capture_on_commit_callbacks(execute=True):
        born_then = wanted if finding is Finding.DATE else None
        age_cases.decide(case, finding, by=hayward, reason="Looked at it.", born=born_then)
    assert profile().birth_date == becomes
    assert profile().city_audience == before
    [mail] = mailoutbox
    assert mail.subject == "We have looked at your account"
    assert ("corrected it" in mail.body) == (becomes != stored)
    page = hers.get("/settings/birth-date/").content.decode()
    assert "Our staff look at the date you asked for" not in page


def test_asking_needs_a_reason_another_date_and_a_fresh_sign_in_and_keeps_what_was_typed(hers):
    missing = ask(hers, OTHER_ADULT, words="")
    assert missing.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'id="id_words-error-1"' in missing.content.decode()
    same = ask(hers, ADULT, words="My words.")
    assert same.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "That is the date we have" in same.content.decode()
    assert "My words." in same.content.decode()
    factories.let_time_pass(hers)
    assert ask(hers, OTHER_ADULT, words="x")["Location"].startswith("/sign-in/again/")
    assert not AgeCase.objects.exists()


def test_asking_again_and_again_has_to_wait(hers):
    answers = [ask(hers, OTHER_ADULT, words="x").status_code for _turn in range(4)]
    assert answers == [HTTPStatus.FOUND] * 3 + [HTTPStatus.TOO_MANY_REQUESTS]


@pytest.mark.promise("M3")
def test_who_is_asked_by_staff_answers_on_the_page_and_who_was_only_reported_learns_nothing(rose, hers):
    page = "/settings/birth-date/"
    before = hers.get(page).content.decode()
    age_cases.tell(rose, "A child.", teller=Teller.MEMBER)
    assert without_token(hers.get(page).content.decode()) == without_token(before)
    assert hers.post(f"{page}answer/", {"words": "Hello?"}).status_code == HTTPStatus.FOUND
    assert len(AgeCase.objects.get().told) == 1
    age_cases.look(AgeCase.objects.get())
    age_cases.ask(AgeCase.objects.get())
    assert "would like to know whether it is right" in hers.get(page).content.decode()
    assert hers.post(f"{page}answer/", {"words": ""}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert hers.post(f"{page}answer/", {"words": "It is right."}).status_code == HTTPStatus.FOUND
    case = AgeCase.objects.get()
    assert (case.stage, case.told[-1]["words"]) == ("looked", "It is right.")


def without_token(page):
    return re.sub('csrfmiddlewaretoken" value="[^"]+"', "", page)


@pytest.mark.promise("M2")
def test_staff_learn_that_a_member_in_question_has_become_younger_by_themself(rose, hers):
    age_cases.tell(rose, "A child.", teller=Teller.MEMBER)
    correct(hers, JUVENILE, sure="on")
    assert [entry["by"] for entry in AgeCase.objects.get().told] == ["member", "self"]


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
