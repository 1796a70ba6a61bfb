"""Many members at once, from raw rows."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import connections
from pytest_django import DjangoAssertNumQueries

from accounts.models import Member, Profile
from encryption import bulk
from encryption.fields import UNAVAILABLE, open_rows, open_values, unavailable_count
from encryption.keys import create_data_keys, destroy_data_key, forget_keys, next_generations

from .conftest import plant, stored

NAMES = ("city", "birth_date", "interests")
FIELDS: list[Any] = [Profile._meta.get_field(name) for name in NAMES]


def rows() -> Any:
    return Profile.objects.order_by("member__handle").values_list("pk", *NAMES)


def test_rows_open_with_one_query_for_all_keys(
    profile: Profile, other_profile: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    forget_keys()
    with django_assert_num_queries(1, connection=connections["keystore"]):
        opened = open_rows(FIELDS, rows())
    assert opened == [("Visby", None, None), ("Uppsala", dt.date(1990, 2, 28), ["moss", {"depth": 2}])]


@pytest.mark.promise("K2")
def test_what_does_not_open_is_unavailable_in_its_place_and_nowhere_else(
    profile: Profile, other_profile: Profile
) -> None:
    plant(other_profile, "city", stored(profile, "city"))
    plant(profile, "birth_date", stored(profile, "birth_date")[:20])
    before = unavailable_count()
    assert open_rows(FIELDS, rows()) == [
        (UNAVAILABLE, None, None),
        ("Uppsala", UNAVAILABLE, ["moss", {"depth": 2}]),
    ]
    assert unavailable_count() == before + 2


@pytest.mark.promise("K2")
def test_no_byte_of_a_row_can_change(profile: Profile) -> None:
    sealed = stored(profile, "city")
    pairs = []
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 0x80
        pairs.append((profile.pk, bytes(changed)))
    pairs += [(profile.pk, sealed[:length]) for length in range(len(sealed))]
    for pair in pairs:  # one at a time: a broken neighbour would send the others the slow way
        assert open_values(FIELDS[0], [pair]) == [UNAVAILABLE]
    assert open_values(FIELDS[0], [(profile.pk, sealed), (profile.pk, memoryview(sealed))]) == ["Uppsala"] * 2


@pytest.mark.parametrize("planted", ["Berlin", 7, b"Berlin", b"", 1.5])
def test_plaintext_in_a_row_is_unavailable(profile: Profile, planted: Any) -> None:
    assert open_values(FIELDS[0], [(profile.pk, planted)]) == [UNAVAILABLE]


def test_a_member_without_a_key_is_unavailable(profile: Profile, other_profile: Profile) -> None:
    destroy_data_key(profile.pk)
    assert open_rows(FIELDS[:1], rows().values_list("pk", "city")) == [("Visby",), (UNAVAILABLE,)]
    assert open_values(FIELDS[0], [(None, b"x"), (5, None)]) == [UNAVAILABLE, None]  # type: ignore[list-item]


def test_older_generations_open_in_the_same_page(profile: Profile, other_profile: Profile) -> None:
    next_generations([profile.pk], unless_since=dt.datetime.max.replace(tzinfo=dt.UTC))
    assert [row[0] for row in open_rows(FIELDS, rows())] == ["Visby", "Uppsala"]


def test_pages_are_opened_in_pieces_and_stay_in_order(rose: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 3)
    create_data_keys(range(1, 11))
    pairs = [(subject, FIELDS[0].seal(subject, f"city {subject}")) for subject in range(1, 11)]
    assert open_values(FIELDS[0], pairs) == [f"city {subject}" for subject in range(1, 11)]
    assert open_values(FIELDS[0], []) == []


def test_a_row_of_another_length_is_an_error(profile: Profile) -> None:
    with pytest.raises(ValueError, match="a row is"):
        open_rows(FIELDS, [(profile.pk, None)])


def test_a_queryset_opens_its_own_columns(profile: Profile, other_profile: Profile) -> None:
    plant(other_profile, "city", b"broken")
    found = Profile.objects.order_by("member__handle").opened("city", "birth_date")
    assert found == [(other_profile.pk, UNAVAILABLE, None), (profile.pk, "Uppsala", dt.date(1990, 2, 28))]
    assert Profile.objects.none().opened("city") == []
    with pytest.raises(FieldError):
        Profile.objects.opened()


@pytest.mark.sqlite  # PostgreSQL's columns have a type
def test_plaintext_planted_under_a_queryset_is_unavailable(profile: Profile) -> None:
    plant(profile, "city", "Berlin")
    assert Profile.objects.opened("city") == [(profile.pk, UNAVAILABLE)]
