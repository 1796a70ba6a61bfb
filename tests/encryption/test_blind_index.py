"""Blind indexes: found by the exact value, and by nothing else."""

import os
from pathlib import Path

import pytest
from django.db import IntegrityError, connection
from hypothesis import given, strategies as st

from accounts.models import Member, Profile
from catalogue.vocabulary import Audience
from encryption.blind_index import BlindIndexField, OneOf, blind_index, bound_indexes, normalise
from encryption.ring import ring
from privacy.audiences import set_audience

from .conftest import plant, stored


def test_a_member_is_found_by_address_however_it_is_typed(rose: Member) -> None:
    for typed in ("rose@example.org", " Rose@Example.ORG ", "\uff52ose@example.org"):
        assert Member.objects.filter(email_index=blind_index("accounts_member.email", typed)).get() == rose
    assert not Member.objects.filter(email_index=blind_index("accounts_member.email", "rose@example.com")).exists()


def test_two_members_cannot_have_one_address(rose: Member) -> None:
    with pytest.raises(IntegrityError):
        Member.objects.create_user("moss", "ROSE@example.org")


@pytest.mark.promise("E6")
def test_equal_values_differ_between_columns(profile: Profile) -> None:
    profile.employer = profile.city
    profile.save()
    assert stored(profile, "city_index") != stored(profile, "employer_index")


def test_the_index_follows_the_value(profile: Profile) -> None:
    profile.city = "Lund"
    profile.save()
    assert stored(profile, "city_index") == bound_indexes("accounts_profile.city", "lund", [profile.pk])[0]
    profile.city_audience = Audience.MEMBERS
    profile.save(update_fields=["city_audience"])
    assert stored(profile, "city_index") == blind_index("accounts_profile.city", "lund")
    profile.city = None
    profile.save()
    assert stored(profile, "city_index") is None


def test_the_index_of_an_unopened_or_unavailable_value_stays(profile: Profile) -> None:
    before = stored(profile, "city_index")
    profile.save()
    assert stored(profile, "city_index") == before
    plant(profile, "city", b"broken")
    found = Profile.objects.get(pk=profile.pk)
    assert not found.city
    found.save()
    assert stored(profile, "city_index") == before


def test_rotation_of_the_ring_leaves_indexes_alone(key_file: object) -> None:
    before = blind_index("a.b", "Uppsala")
    ring().add_key().write(key_file)  # type: ignore[arg-type]
    assert blind_index("a.b", "Uppsala") == before
    assert len(before) == 32


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_the_index_keeps_its_source_and_context_in_migrations() -> None:
    field = BlindIndexField(of="email", context="a.b", unique=True)
    field.set_attributes_from_name("email_index")
    options = field.deconstruct()[3]
    assert (options["of"], options["context"], options["unique"], options["null"]) == ("email", "a.b", True, True)
    assert field.clone().of == "email"


def test_the_index_keeps_its_level_in_migrations_and_changes_no_table() -> None:
    index = Profile._meta.get_field("city_index")
    options = index.deconstruct()[3]
    assert (options["level"], options["common_up_to"]) == ("city_audience", 1)
    plain = BlindIndexField(of="city", db_index=True)
    plain.set_attributes_from_name("city_index")
    plain.model = Profile
    assert not connection.schema_editor()._field_should_be_altered(plain, index)  # type: ignore[attr-defined]


def test_an_index_on_columns_that_are_not_there_is_refused() -> None:
    field = BlindIndexField(of="town", level="town_audience")
    field.model = Profile
    field.set_attributes_from_name("bad")
    assert [fault.id for fault in field.check()] == ["encryption.E003", "encryption.E003"]


def test_one_of_more_digests_than_a_statement_takes_parameters(profile: Profile, other_profile: Profile) -> None:
    others = [os.urandom(32) for _ in range(40_000)]
    assert not Profile.objects.filter(OneOf("city_index", others)).exists()
    for found in (profile, other_profile):
        digests = [*others, stored(found, "city_index")]
        assert Profile.objects.filter(OneOf("city_index", digests)).get() == found


@pytest.mark.sqlite
@pytest.mark.promise("E7")
@pytest.mark.parametrize("way", ["another audience", "another value"])
def test_sqlite_overwrites_the_bytes_of_an_index_that_was_taken_back(shared_databases: None, way: str) -> None:
    rose = Member.objects.create_user("rose", "rose@example.org")
    profile = Profile.objects.get(pk=rose.pk)
    profile.city, profile.city_audience = "Lisbon", Audience.EVERYONE
    profile.save()
    common = stored(profile, "city_index")
    assert common in on_disk()
    if way == "another audience":
        set_audience(rose, "city", Audience.FRIENDS)
    else:
        profile.city = "Porto"
        profile.save()
    assert common not in on_disk()
    assert stored(profile, "city_index") in on_disk()


def on_disk() -> bytes:
    name = connection.settings_dict["NAME"]
    return b"".join(path.read_bytes() for path in (Path(name), Path(f"{name}-wal")) if path.exists())
