"""Blind indexes: found by the exact value, and by nothing else."""

import pytest
from django.db import IntegrityError
from hypothesis import given, strategies as st

from accounts.models import Member, Profile
from encryption.blind_index import BlindIndexField, blind_index, normalise
from encryption.ring import ring

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
