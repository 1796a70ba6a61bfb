"""Joining again before the address was confirmed."""

from datetime import date, timedelta
from http import HTTPStatus

import pytest
import time_machine

from accounts import housekeeping, registration
from accounts.models import Member
from catalogue.vocabulary import Audience
from encryption.keys import is_destroyed
from privacy.models import PolicyAcceptance

from . import TODAY, link_in, press, seen_of

pytestmark = pytest.mark.django_db


def test_a_later_application_takes_the_place_of_one_that_waits(join, mailoutbox, visitor):
    earlier = join(password="chosen by the intruder", **{"audience-city": "everyone"})
    first = Member.objects.get().pk
    later = join(handle="rosie", email="Rose@Example.org", year="1991", **{"audience-city": "friends"})
    assert seen_of(later) == seen_of(earlier)
    rosie = Member.objects.get()
    assert (rosie.handle, rosie.profile.birth_date) == ("rosie", date(1991, 4, 1))
    assert rosie.profile.city_audience == Audience.FRIENDS
    assert is_destroyed(first)
    assert not is_destroyed(rosie.pk)
    old, new = map(link_in, mailoutbox)
    assert press(visitor, old, "chosen by the intruder").status_code == HTTPStatus.GONE
    assert press(visitor, new, "chosen by the intruder").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert press(visitor, new).status_code == HTTPStatus.FOUND
    assert PolicyAcceptance.objects.get().member == rosie


@pytest.mark.promise("E6")
def test_the_handle_of_an_application_that_made_room_looks_taken_as_long_as_with_a_known_address(join, fern):
    with time_machine.travel(TODAY, tick=False):
        join(handle="moss", email="fern@example.org")  # known
        join(handle="rose", email="rose@example.org")  # unknown
    with time_machine.travel(TODAY + timedelta(days=3), tick=False):
        join(handle="mossy", email="fern@example.org")
        join(handle="rosie", email="rose@example.org")
    for days, taken in ((6.9, [True] * 4), (7, [False, False, True, True]), (10, [False] * 4)):
        with time_machine.travel(TODAY + timedelta(days=days), tick=False):
            housekeeping.purge_expired()
            assert [not registration.may_be_taken(name) for name in ("moss", "rose", "mossy", "rosie")] == taken


def test_a_suspended_account_that_waits_makes_room_for_nobody(join, mailoutbox):
    join()
    Member.objects.update(is_active=False)
    join(handle="rosie")
    assert Member.objects.get().handle == "rose"
    assert "You have an account already" in mailoutbox[-1].body


def test_an_application_that_loses_its_handle_leaves_the_one_that_waits_alone(join, fern, monkeypatch):
    join()
    monkeypatch.setattr("accounts.forms.joining.may_be_taken", lambda handle: True)
    answers = iter([True, False])
    monkeypatch.setattr("accounts.registration.may_be_taken", lambda handle: next(answers))
    assert "That handle is taken" in join(handle="fern").content.decode()
    rose = Member.objects.get(handle="rose")
    assert rose.email == "rose@example.org"
    assert not is_destroyed(rose.pk)
