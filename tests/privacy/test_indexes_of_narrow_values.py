"""Blind indexes in a dump: equal for equal values that all members may see, and for nothing else."""

import hashlib
import hmac
import random
import threading
import time
from collections.abc import Callable
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings as examples, strategies as st

from accounts.circles import delete_circle
from accounts.models import Member, Profile
from accounts.profiles import update_profile
from catalogue.vocabulary import Audience
from encryption.blind_index import BlindIndexField, bound_indexes, normalise
from encryption.ring import ring
from encryption.rotation import current_run, re_encrypt
from privacy.audiences import set_audience
from privacy.fields import bearers
from privacy.juveniles import apply_adult_age
from tests import factories
from tests.privacy.test_visibility_law import Undo, undo
from world import demo, loading
from world.arrival import load_crowd
from world.crowd import Crowd

pytestmark = pytest.mark.django_db(databases=["default", "keystore"])
INDEXED = ("city", "employer", "school")
OPEN = (Audience.EVERYONE, Audience.MEMBERS)
JUVENILE = date(2012, 4, 1)


def dumped() -> dict[int, dict[str, Any]]:
    """Return member → column → bytes, as a thief reads them."""
    names = [f"{name}_index" for name in INDEXED]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT member_id, {', '.join(names)} FROM accounts_profile")
        return {
            row[0]: {
                name: None if index is None else bytes(index) for name, index in zip(INDEXED, row[1:], strict=True)
            }
            for row in cursor.fetchall()
        }


def expected(profile: Profile, name: str) -> bytes | None:
    """Return the index that a value has to have, worked out from the document."""
    value, audience = getattr(profile, name), getattr(profile, f"{name}_audience")
    if not value:
        return None
    owner = b"" if audience in OPEN else b"\xff" + profile.pk.to_bytes(8, "big")
    key = ring().index_key_for(f"accounts_profile.{name}")
    return hmac.digest(key, owner + normalise(value).encode(), hashlib.sha256)


def assert_all_as_expected() -> None:
    stored = dumped()
    for profile in Profile.objects.all():
        assert stored[profile.pk] == {name: expected(profile, name) for name in INDEXED}


def common(name: str, value: str) -> bytes:
    return hmac.digest(ring().index_key_for(f"accounts_profile.{name}"), normalise(value).encode(), hashlib.sha256)


# --- what a dump tells --------------------------------------------------------------------------------------------
@pytest.mark.promise("K2")
@pytest.mark.promise("E6")
def test_a_dump_shows_equality_of_open_values_and_of_nothing_else():
    spelt = ("Lisbon", " LISBON ", "Porto")
    shown = {}
    for number, audience in enumerate([*Audience, *Audience, *Audience]):
        values = dict.fromkeys(INDEXED, spelt[number // len(Audience)])
        member = factories.make_member(f"person{number}", audiences=dict.fromkeys(INDEXED, audience), **values)
        shown[member.pk] = normalise(values["city"]) if audience in OPEN else None
    stored = dumped()
    for name in INDEXED:
        for one, other in permutations(shown, 2):
            both_open_and_equal = shown[one] is not None and shown[one] == shown[other]
            assert (stored[one][name] == stored[other][name]) == both_open_and_equal
    every = [index for row in stored.values() for name, index in row.items()]
    assert len(set(every)) == 3 * (2 + 3 * 3)  # two open values, and nine people who hide theirs


def test_no_text_is_indexed_as_the_value_of_an_owner_whose_number_it_spells():
    spelt = int.from_bytes(b"abcdefgh")
    rose = factories.make_member("rose", city="abcdefghlund", audiences={"city": Audience.EVERYONE})
    assert dumped()[rose.pk]["city"] not in bound_indexes("accounts_profile.city", "lund", [spelt])


def test_every_index_of_a_field_with_an_audience_follows_that_audience():
    """Address and sign-in apart: a unique index shows no two equal values."""
    for bearer in bearers().values():
        for index in bearer.column.model._meta.concrete_fields if bearer.column else ():
            if isinstance(index, BlindIndexField) and index.of == bearer.column.name and not index.unique:
                assert index.level == bearer.audience
                assert index.common_up_to == Audience.MEMBERS


# --- every way on which an audience changes -----------------------------------------------------------------------
def through_the_page(client: Any, rose: Member, audience: Audience) -> None:
    client.force_login(rose)
    for name in INDEXED:
        assert client.post(f"/settings/privacy/{name}/", {"audience": audience.word}).status_code == 302


def through_the_verb(client: Any, rose: Member, audience: Audience) -> None:
    for name in INDEXED:
        set_audience(rose, name, audience)


def through_a_row(client: Any, rose: Member, audience: Audience) -> None:
    profile = Profile.objects.get(pk=rose.pk)
    for name in INDEXED:
        setattr(profile, f"{name}_audience", audience)
    profile.save()


def through_some_columns(client: Any, rose: Member, audience: Audience) -> None:
    profile = Profile.objects.only("bio").get(pk=rose.pk)
    for name in INDEXED:
        setattr(profile, f"{name}_audience", audience)
    profile.save(update_fields=[f"{name}_audience" for name in INDEXED])


@pytest.mark.promise("E7")
@pytest.mark.parametrize("narrow", [Audience.FRIENDS, Audience.ONLY_ME])
@pytest.mark.parametrize("way", [through_the_page, through_the_verb, through_a_row, through_some_columns])
def test_narrowing_takes_the_common_index_back_at_once_and_widening_restores_it(client, way, narrow):
    rose = factories.make_member("rose", **dict.fromkeys(INDEXED, "Lisbon"), audiences=dict.fromkeys(INDEXED, OPEN[1]))
    before = dumped()[rose.pk]
    assert before == {name: common(name, "Lisbon") for name in INDEXED}
    way(client, rose, narrow)
    assert not set(dumped()[rose.pk].values()) & set(before.values())
    assert_all_as_expected()
    way(client, rose, Audience.EVERYONE)
    assert dumped()[rose.pk] == before


@pytest.mark.promise("E7")
def test_who_turns_out_to_be_a_juvenile_loses_every_common_index():
    rose = factories.make_member(
        "rose", birth_date=None, **dict.fromkeys(INDEXED, "Lisbon"), audiences=dict.fromkeys(INDEXED, OPEN[0])
    )
    before = dumped()[rose.pk]
    update_profile(rose, {"birth_date": JUVENILE.isoformat()}, by=rose)
    assert not set(dumped()[rose.pk].values()) & set(before.values())
    assert_all_as_expected()


@pytest.mark.promise("E7")
def test_who_is_a_juvenile_by_a_raised_age_loses_every_common_index(settings):
    rose = factories.make_member("rose", **dict.fromkeys(INDEXED, "Lisbon"), audiences=dict.fromkeys(INDEXED, OPEN[0]))
    before = dumped()[rose.pk]
    settings.ADULT_AGE = 99
    assert apply_adult_age() == 1
    assert not set(dumped()[rose.pk].values()) & set(before.values())
    assert_all_as_expected()


def test_a_value_whose_circle_is_deleted_keeps_an_index_of_its_own():
    rose = factories.make_member("rose", city="Lisbon", audiences={"city": Audience.EVERYONE})
    circle = factories.make_circle(rose, "Family")
    set_audience(rose, "city", Audience.CIRCLES, circles=[circle])
    assert_all_as_expected()
    delete_circle(circle)
    assert Profile.objects.get(pk=rose.pk).city_audience == Audience.ONLY_ME
    assert_all_as_expected()


@pytest.mark.parametrize("load", [lambda: loading.load(demo.read(face_size=32)), lambda: load_crowd(Crowd(80, 7))])
def test_a_world_arrives_with_indexes_that_fit_its_audiences(load):
    load()
    assert_all_as_expected()
    assert len({row["city"] for row in dumped().values()}) > 5


def test_new_keys_leave_every_index_as_it_is():
    load_crowd(Crowd(40, 7))
    before = dumped()
    re_encrypt(current_run())
    assert dumped() == before


# --- what passes a row by -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("change", [Audience.ONLY_ME, F("bio_audience")])
def test_audiences_of_many_rows_cannot_be_changed_past_the_index(change):
    rose = factories.make_member("rose", city="Lisbon", audiences={"city": Audience.EVERYONE})
    profile = Profile.objects.get(pk=rose.pk)
    profile.city_audience = Audience.ONLY_ME
    for way in (
        lambda: Profile.objects.update(city_audience=change),
        lambda: Profile.objects.bulk_update([profile], ["city_audience"]),
    ):
        with pytest.raises(Exception, match="city_index rests on city_audience"), transaction.atomic():
            way()
    assert_all_as_expected()


def test_erasing_a_column_erases_its_index():
    factories.make_member("rose", city="Lisbon")
    Profile.objects.update(city=None)
    assert_all_as_expected()


@pytest.mark.parametrize(("narrow", "stays"), [(Audience.MEMBERS, True), (Audience.FRIENDS, False)])
def test_a_value_that_does_not_open_loses_its_index_when_fewer_may_see_it(narrow, stays):
    rose = factories.make_member("rose", city="Lisbon", audiences={"city": Audience.EVERYONE})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_profile SET city = %s", [b"broken"])
    set_audience(rose, "city", narrow)
    assert dumped()[rose.pk]["city"] == (common("city", "Lisbon") if stays else None)


# --- any sequence of changes --------------------------------------------------------------------------------------
VALUES = ("Lisbon", "lisbon", "Porto", "")


def edit(rng: random.Random, member: Member) -> None:
    update_profile(member, {name: rng.choice(VALUES) for name in INDEXED if rng.random() < 0.6}, by=member)


def choose(rng: random.Random, member: Member) -> None:
    circles = list(member.circles.all())
    audience = rng.choice([each for each in Audience if circles or each is not Audience.CIRCLES])
    set_audience(member, rng.choice(INDEXED), audience, circles=circles if audience is Audience.CIRCLES else ())


def draw_a_circle(rng: random.Random, member: Member) -> None:
    factories.make_circle(member, f"circle {rng.random()}")


def delete_a_circle(rng: random.Random, member: Member) -> None:
    for circle in member.circles.all()[:1]:
        delete_circle(circle)


def save_a_part(rng: random.Random, member: Member) -> None:
    """Save a row of which some columns were not read, with or without saying which to write."""
    name, column = rng.choice(INDEXED), rng.choice(["", "_audience"])
    profile = Profile.objects.only(f"{name}{column}", *rng.choice([(), (f"{name}_index",)])).get(pk=member.pk)
    setattr(profile, f"{name}{column}", rng.choice(list(Audience) if column else VALUES))
    profile.save(update_fields=rng.choice([None, [f"{name}{column}"]]))


def save_unopened(rng: random.Random, member: Member) -> None:
    Profile.objects.get(pk=member.pk).save()


STEPS: tuple[Callable[[random.Random, Member], None], ...] = (
    edit, edit, choose, choose, draw_a_circle, delete_a_circle, save_a_part, save_unopened
)  # fmt: skip


@pytest.mark.promise("E7")
@examples(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_after_any_sequence_of_changes_every_index_is_as_expected(seed):
    rng = random.Random(seed)
    try:
        with transaction.atomic(), transaction.atomic("keystore"):
            people = [factories.make_member(f"person{number}") for number in range(2)]
            for _ in range(15):
                rng.choice(STEPS)(rng, rng.choice(people))
                assert_all_as_expected()
            undo()
    except Undo:
        pass


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, databases=["default", "keystore"])
def test_a_value_and_its_audience_changed_at_once_leave_an_index_for_both():
    rose = factories.make_member("rose", city="Lisbon", audiences={"city": Audience.EVERYONE})

    def narrow() -> None:
        set_audience(rose, "city", Audience.FRIENDS)
        connection.close()

    meanwhile = threading.Thread(target=narrow)
    with transaction.atomic():
        update_profile(rose, {"city": "Porto"}, by=rose)
        meanwhile.start()
        time.sleep(0.5)  # long enough to read the row, were it not held
    meanwhile.join()
    assert_all_as_expected()
