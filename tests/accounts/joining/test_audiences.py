"""The audiences somebody starts with: the defaults on record, or what they choose instead."""

import re
from datetime import date
from http import HTTPStatus

import pytest
import time_machine

from accounts.models import Member, Profile
from catalogue.vocabulary import Audience
from privacy.defaults import defaults_in_force
from privacy.fields import bearers
from privacy.models import FieldDefault

from . import TODAY

pytestmark = pytest.mark.django_db


@pytest.mark.promise("E2")
def test_the_page_shows_the_default_of_every_field_and_lets_it_be_changed(visitor):
    page = visitor.get("/join/").content.decode()
    for name, audience in defaults_in_force().items():
        select = re.search(rf'<select[^>]*name="audience-{name}".*?</select>', page, re.DOTALL)[0]
        assert re.findall(r'value="(\w+)" selected', select) == [audience.word]
        assert re.findall(r'value="(\w+)"', select) == ["everyone", "members", "friends", "only_me"]
    assert page.count('<details class="fold"') == len(set(defaults_in_force().values()))


@pytest.mark.promise("E2")
@pytest.mark.parametrize("sent", [None, "", "circles", "nonsense"])
def test_a_page_with_errors_never_shows_a_wider_audience_than_was_there(join, sent):
    audiences = {f"audience-{name}": sent for name in bearers()}
    page = join(handle="x", **audiences).content.decode()
    shown = re.findall(r'<select name="audience-(\w+)".*?value="(\w+)" selected', page, re.DOTALL)
    assert dict(shown) == {name: audience.word for name, audience in defaults_in_force().items()}


@pytest.mark.promise("E2")
@pytest.mark.promise("B1")
def test_who_joins_and_changes_nothing_starts_with_the_defaults_on_record(join):
    answer = join()
    assert (answer.status_code, answer["Location"]) == (HTTPStatus.FOUND, "/join/sent/")
    member = Member.objects.get(handle="rose")
    stored = {name: Audience(getattr(member.profile, bearer.audience)) for name, bearer in bearers().items()}
    assert stored == defaults_in_force()
    assert member.joined_under.audiences == {name: audience.word for name, audience in stored.items()}
    assert (member.email, member.profile.birth_date) == ("rose@example.org", date(1990, 4, 1))
    assert member.profile.listed
    assert (member.profile.display_name, member.profile.public_name) == (None, "")
    assert member.email_verified_at is None
    assert not member.is_staff


@pytest.mark.promise("E2")
def test_who_joins_gets_the_audiences_they_choose_and_the_defaults_stay_on_record(join):
    join(**{"audience-bio": "only_me", "audience-phone": "members", "audience-city": "everyone"})
    member = Member.objects.get(handle="rose")
    assert member.profile.bio_audience == Audience.ONLY_ME
    assert member.profile.phone_audience == Audience.MEMBERS
    assert member.profile.city_audience == Audience.EVERYONE
    assert member.profile.school_audience == defaults_in_force()["school"]
    assert member.joined_under.audiences["bio"] == "everyone"


@pytest.mark.promise("E8")
@pytest.mark.promise("E2")
def test_changing_a_default_later_touches_nobody_who_has_joined(join):
    join()
    before = Profile.objects.filter(member__handle="rose").values(*(b.audience for b in bearers().values())).get()
    FieldDefault.objects.update_or_create(field="phone", defaults={"audience": Audience.EVERYONE})
    join(handle="moss", email="moss@example.org", sure="on")
    after = Profile.objects.filter(member__handle="rose").values(*(b.audience for b in bearers().values())).get()
    assert after == before
    assert Member.objects.get(handle="rose").joined_under.audiences["phone"] == "only_me"
    moss = Member.objects.get(handle="moss")
    assert moss.joined_under.audiences["phone"] == "everyone"
    assert moss.profile.phone_audience == Audience.EVERYONE


@pytest.mark.parametrize("word", ["circles", "nobody", "0", "", "EVERYONE"])
def test_an_audience_that_is_not_offered_is_refused_or_left_at_the_default(join, word):
    answer = join(**{"audience-phone": word})
    if word:
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert not Member.objects.exists()
    else:
        assert Member.objects.get().profile.phone_audience == Audience.ONLY_ME


@pytest.mark.promise("M2")
@time_machine.travel(TODAY, tick=False)
def test_a_juvenile_starts_with_friends_at_most_and_unlisted(join):
    everything_open = {f"audience-{name}": "everyone" for name in bearers()}
    join(year="2010", **everything_open)
    profile = Member.objects.get(handle="rose").profile
    assert {getattr(profile, bearer.audience) for bearer in bearers().values()} == {Audience.FRIENDS}
    assert not profile.listed


@pytest.mark.promise("M2")
@pytest.mark.parametrize(
    ("born", "listed"), [(("24", "11", "2008"), True), (("25", "11", "2008"), False), (("29", "2", "2008"), True)]
)
def test_somebody_is_grown_up_from_the_birthday_on(join, born, listed):
    with time_machine.travel(TODAY, tick=False):
        join(day=born[0], month=born[1], year=born[2])
    assert Profile.objects.get().listed is listed


@pytest.mark.promise("G1")
def test_contact_data_goes_public_only_after_a_warning_and_a_tick(join):
    public = {"audience-email": "everyone"}
    warned = join(**public)
    assert warned.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Hiding it again will not reach their copies" in warned.content.decode()
    assert not Member.objects.exists()
    assert "will not reach their copies" not in join(handle="x").content.decode()
    assert join(**public, sure="on").status_code == HTTPStatus.FOUND
    assert Profile.objects.get().email_audience == Audience.EVERYONE


@pytest.mark.promise("G1")
def test_contact_data_that_a_default_of_the_staff_makes_public_takes_the_same_tick(join, visitor):
    FieldDefault.objects.update_or_create(field="phone", defaults={"audience": Audience.EVERYONE})
    assert 'name="sure"' in visitor.get("/join/").content.decode()
    for chosen in ({}, {"audience-phone": "everyone"}, {"audience-phone": ""}):
        warned = join(**chosen)
        assert warned.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "Hiding it again will not reach their copies" in warned.content.decode()
    assert not Member.objects.exists()
    assert join(**{"audience-phone": "friends"}).status_code == HTTPStatus.FOUND
    assert Profile.objects.get().phone_audience == Audience.FRIENDS
    assert join(handle="moss", email="moss@example.org", sure="on").status_code == HTTPStatus.FOUND
    assert Profile.objects.get(member__handle="moss").phone_audience == Audience.EVERYONE


def test_a_default_of_circles_counts_as_only_me_and_is_shown_so(join, visitor):
    FieldDefault.objects.update_or_create(field="city", defaults={"audience": Audience.CIRCLES})
    page = visitor.get("/join/").content.decode()
    assert 'name="sure"' not in page
    select = re.search(r'<select[^>]*name="audience-city".*?</select>', page, re.DOTALL)[0]
    assert re.findall(r'value="(\w+)" selected', select) == ["only_me"]
    join()
    assert Profile.objects.get().city_audience == Audience.ONLY_ME
