"""A crowd is as large as asked, the same for the same seed, and lives by the same rules as everybody."""

from collections import Counter
from typing import Any

import pytest
from django.test import override_settings

from accounts.models import Friendship, Member, Profile
from catalogue.vocabulary import Audience
from encryption.keys import destroy_data_key
from encryption.sealed import UNAVAILABLE
from privacy.defaults import record_defaults
from privacy.fields import bearers, profile_fields
from privacy.juveniles import is_juvenile_born
from privacy.models import Circle, CircleMember, FieldCircle, FieldException, PolicyAcceptance
from privacy.visibility import Viewer, visible_profiles
from world import arrival, demo
from world.arrival import CrowdExists, load_crowd
from world.crowd import Crowd

pytestmark = pytest.mark.django_db

SIZE = 300


@pytest.fixture
def crowd(monkeypatch) -> Crowd:
    monkeypatch.setattr(arrival, "BATCH", 120)
    drawn = Crowd(SIZE, 7)
    load_crowd(drawn)
    return drawn


def everything_readable() -> Any:
    """Return all that can be read of everybody: values, audiences, ties."""
    ids = list(Member.objects.order_by("handle").values_list("pk", flat=True))
    audiences = [bearer.audience for bearer in bearers().values()]
    return (
        {member: visible_profiles([member], Viewer(member)) for member in ids[:40]},
        list(Profile.objects.order_by("pk").values_list("pk", "listed", "public_name", "name_for_search", *audiences)),
        sorted(Friendship.objects.values_list("person_id", "friend_id", "since")),
        sorted(FieldCircle.objects.values_list("owner_id", "field")),
        sorted(CircleMember.objects.values_list("circle__owner_id", "person_id")),
        sorted(FieldException.objects.values_list("owner_id", "field", "person_id")),
        sorted(Member.objects.values_list("pk", "handle", "joined_at")),
    )


def test_a_crowd_is_complete(crowd):
    assert Member.objects.active().count() == SIZE
    assert PolicyAcceptance.objects.count() == SIZE
    assert set(Member.objects.values_list("joined_under", flat=True)) == {record_defaults().pk}
    member = crowd.id_of(123)
    seen = visible_profiles([member], Viewer(member))[member]
    assert seen.keys() == set(profile_fields()) - {"picture"}
    assert (seen["display_name"], seen["city"]) == tuple(map(crowd.values(123).get, ("display_name", "city")))


def test_the_same_seed_makes_the_same_crowd(crowd):
    first = everything_readable()
    Circle.objects.all().delete()
    Member.objects.all().delete()
    load_crowd(Crowd(SIZE, 7))
    assert everything_readable() == first


def test_another_seed_makes_another_crowd_beside_it(crowd):
    load_crowd(Crowd(20, 8))
    assert Member.objects.count() == SIZE + 20
    assert crowd.values(3) != Crowd(20, 8).values(3)


def test_a_crowd_comes_once(crowd):
    with pytest.raises(CrowdExists):
        load_crowd(Crowd(5, 7))


def test_members_are_found_by_what_is_sealed(crowd):
    assert Member.objects.with_email("C7_5@crowd.example").get().pk == crowd.id_of(5)
    profile = Profile.objects.get(pk=crowd.id_of(5))
    before = bytes(profile.city_index)
    profile.city = str(profile.city)
    profile.save()
    assert bytes(Profile.objects.get(pk=profile.pk).city_index) == before


def test_saving_a_member_of_a_crowd_changes_nothing(crowd):
    profile = Profile.objects.get(pk=crowd.id_of(60))
    seen = visible_profiles([profile.pk], Viewer(profile.pk))
    profile.full_clean()
    profile.save()
    assert visible_profiles([profile.pk], Viewer(profile.pk)) == seen


def test_values_are_sealed_with_the_key_of_their_member(crowd):
    member = crowd.id_of(9)
    destroy_data_key(member)
    assert set(visible_profiles([member], Viewer(member))[member].values()) == {UNAVAILABLE}


def test_every_tenth_has_friends_in_both_directions(crowd):
    pairs = set(Friendship.objects.values_list("person_id", "friend_id"))
    assert {(friend, person) for person, friend in pairs} == pairs
    sociable = {crowd.id_of(number) for number in range(0, SIZE, 10)}
    assert {person for person, _ in pairs} == sociable
    degree = Counter(person for person, _ in pairs)
    assert degree[crowd.id_of(150)] >= 20


def test_a_large_crowd_has_about_fifty_friends_each():
    crowd = Crowd(200_000, 1)
    before = [len(crowd.friends_before(number)) for number in range(100_000, 100_500, 10)]
    assert sum(before) / len(before) == 25


def test_audiences_are_spread_as_said(crowd):
    adults = [profile for profile in Profile.objects.with_keys() if not is_juvenile_born(profile.birth_date)]
    levels = Counter(getattr(profile, bearer.audience) for profile in adults for bearer in bearers().values())
    total = sum(levels.values())
    for audience, share in ((0, 6), (1, 5), (2, 6), (4, 3)):
        assert abs(levels[audience] / total - share / 20) < 0.02
    assert levels[Audience.CIRCLES] > 0


def test_circles_and_exceptions_reach_whom_they_name(crowd):
    owner, friend = crowd.id_of(40), crowd.id_of(crowd.friends_before(40)[0])
    assert "city" in visible_profiles([owner], Viewer(friend))[owner]
    assert "city" not in visible_profiles([owner], Viewer(crowd.id_of(41)))[owner]
    assert FieldException.objects.filter(owner_id=crowd.id_of(50), person_id=crowd.id_of(40), field="email").exists()


def test_juveniles_of_a_crowd_are_protected(crowd):
    young = [profile for profile in Profile.objects.with_keys() if is_juvenile_born(profile.birth_date)]
    assert young
    for profile in young:
        assert not profile.listed
        assert profile.public_name == ""
        assert min(getattr(profile, bearer.audience) for bearer in bearers().values()) >= Audience.FRIENDS


def test_an_open_name_stands_beside_its_audience(crowd):
    for profile in Profile.objects.with_keys():
        is_open = profile.display_name_audience <= Audience.MEMBERS
        assert profile.public_name == (profile.display_name if is_open else "")


def test_members_of_a_crowd_sign_in_in_development_only():
    load_crowd(Crowd(1, 1))
    with override_settings(PRODUCTION=True):
        load_crowd(Crowd(1, 2))
    assert Member.objects.get(handle="c1_0").check_password(demo.PASSWORD)
    assert not Member.objects.get(handle="c2_0").has_usable_password()
