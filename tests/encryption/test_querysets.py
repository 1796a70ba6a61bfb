"""Rows read and written together are what they would have been one by one."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import Value
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import Member, Profile
from encryption.fields import UNAVAILABLE, is_untouched, unavailable_count
from encryption.keys import DecryptionError, KeyMissing, create_data_keys, destroy_data_key, forget_keys
from encryption.opened_rows import is_plain

from .conftest import plant, stored

NAMES = ("city", "phone", "birth_date", "interests", "school")


def everybody() -> Any:
    return Profile.objects.order_by("member__handle")


def seen(rows: Any) -> list[dict[str, Any]]:
    """Return all that can be read of instances, state included."""
    columns = [field.attname for field in Profile._meta.concrete_fields]
    return [
        {name: getattr(row, name) for name in columns} | {"db": row._state.db, "new": row._state.adding} for row in rows
    ]


def test_opened_instances_are_those_that_open_one_value_at_a_time(profile: Profile, other_profile: Profile) -> None:
    opened = list(everybody().with_opened("city", "birth_date", "interests"))
    assert opened[1].__dict__["city"] == "Uppsala"
    assert is_untouched(opened[1], "phone")
    assert seen(opened) == seen(everybody())
    assert type(opened[0]) is Profile


def test_opened_instances_cost_one_query_for_rows_and_one_for_keys(
    profile: Profile, other_profile: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for read in (list, lambda rows: list(rows.iterator())):
        forget_keys()
        with django_assert_num_queries(1), django_assert_num_queries(1, connection=connections["keystore"]):
            rows = read(everybody().with_opened("city", "phone"))
            assert [row.city for row in rows] == ["Visby", "Uppsala"]


@pytest.mark.parametrize(
    "narrow",
    [
        lambda rows: rows.select_related("member"),
        lambda rows: rows.only("city"),
        lambda rows: rows.defer("phone"),
        lambda rows: rows.annotate(one=Value(1)),
        lambda rows: rows.none(),
        lambda rows: rows.filter(pk__in=[]),
        lambda rows: rows.order_by().union(Profile.objects.all()),
    ],
)
def test_any_queryset_may_be_opened(profile: Profile, other_profile: Profile, narrow: Any) -> None:
    by_id = {row["member_id"]: row for row in seen(narrow(everybody()))}
    assert {row["member_id"]: row for row in seen(narrow(everybody().with_opened(*NAMES)))} == by_id


def test_tuples_of_an_opened_queryset_stay_tuples(profile: Profile) -> None:
    assert list(Profile.objects.with_opened("city").values_list("pk")) == [(profile.pk,)]
    assert Profile.objects.with_opened("city").get().city == "Uppsala"


def test_listeners_of_a_model_are_told_of_opened_instances_too(profile: Profile) -> None:
    told: list[Any] = []

    def tell(instance: Profile, **_: Any) -> None:
        told.append(instance)

    assert is_plain(Profile.objects.with_opened("city"))
    post_init.connect(tell, sender=Profile)
    try:
        assert list(Profile.objects.with_opened("city")) == told
    finally:
        post_init.disconnect(tell, sender=Profile)
    assert [row.city for row in told] == ["Uppsala"]


@pytest.mark.promise("K2")
def test_what_does_not_open_in_a_page_is_reported_when_read_and_saved_as_it_was(
    profile: Profile, other_profile: Profile
) -> None:
    plant(profile, "city", b"broken")
    destroy_data_key(other_profile.pk)
    sealed, before = stored(other_profile, "city"), unavailable_count()
    other, own = everybody().with_opened("city", "phone")
    assert unavailable_count() == before
    assert (other.city, own.city, own.phone) == (UNAVAILABLE, UNAVAILABLE, "+46 18 000 00 00")
    assert unavailable_count() == before + 2
    own.save()
    other.save()
    assert (stored(profile, "city"), stored(other_profile, "city")) == (b"broken", sealed)


# --- writing


def newcomers(count: int) -> list[Member]:
    members = [Member(handle=f"new{n}", email=f"new{n}@example.org") for n in range(count)]
    create_data_keys([member.pk for member in members])
    return members


@pytest.mark.django_db
def test_rows_written_together_are_those_that_are_saved_one_by_one() -> None:
    one, *many = newcomers(4)
    one.save()
    with CaptureQueriesContext(connections["keystore"]) as keys:
        assert Member.objects.bulk_create(many) == many
    assert len(keys) <= 1
    assert [(member._state.adding, member._state.db) for member in many] == [(False, "default")] * 3
    assert [member.email for member in many] == [f"new{n}@example.org" for n in (1, 2, 3)]
    for member in (one, *many):
        found = Member.objects.with_email(str(member.email)).get()
        assert (found.pk, found.email, found.time_zone, found.joined_at) == (
            member.pk,
            member.email,
            None,
            member.joined_at,
        )


@pytest.mark.django_db
def test_every_value_of_a_page_has_a_nonce_of_its_own() -> None:
    members = newcomers(30)
    for member in members:
        member.time_zone = "Europe/Stockholm"
    Member.objects.bulk_create(members, batch_size=7)
    nonces = {bytes(stored(member, column))[3:15] for member in members for column in ("email", "time_zone")}
    assert len(nonces) == 60


@pytest.mark.django_db
def test_all_kinds_of_values_are_written_together(rose: Member, fern: Member) -> None:
    Profile.objects.all().delete()
    born, likes = dt.date(1990, 2, 28), ["moss", {"depth": 2}]
    rows = [Profile(member=who, city="", birth_date=born, interests=likes, school="Ås") for who in (rose, fern)]
    Profile.objects.bulk_create(rows)
    assert Profile.objects.order_by("pk").opened(*NAMES) == [
        (pk, None, None, born, likes, "Ås") for pk in sorted((rose.pk, fern.pk))
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("a\0b", ValidationError),
        (b"bytes", ValidationError),
        (UNAVAILABLE, DecryptionError),
        ("\ud800", ValidationError),
    ],
)
def test_what_may_not_be_saved_is_not_written_with_others(value: Any, error: type[Exception]) -> None:
    good, bad = newcomers(2)
    bad.time_zone = value
    with pytest.raises(error), transaction.atomic():
        Member.objects.bulk_create([good, bad])
    assert not Member.objects.exists()


@pytest.mark.django_db
def test_a_row_without_a_key_is_refused() -> None:
    with pytest.raises(KeyMissing):
        Member.objects.bulk_create([Member(handle="keyless", email="keyless@example.org")])


@pytest.mark.django_db
def test_the_laws_of_the_database_hold_for_rows_written_together(rose: Member) -> None:
    [member] = newcomers(1)
    member.handle = "rose"
    with pytest.raises(IntegrityError):
        Member.objects.bulk_create([member])


@pytest.mark.django_db
def test_conflicts_are_left_to_the_database(rose: Member) -> None:
    first, second = newcomers(2)
    first.handle = "rose"
    Member.objects.bulk_create([first, second], ignore_conflicts=True)
    assert set(Member.objects.values_list("handle", flat=True)) == {"rose", second.handle}
    assert Member.objects.bulk_create([]) == []


@pytest.mark.django_db
def test_an_envelope_that_was_read_is_written_again_as_it_is(profile: Profile) -> None:
    [kept] = Profile.objects.all()
    sealed = stored(profile, "city")
    Profile.objects.all().delete()
    Profile.objects.bulk_create([kept])
    assert stored(profile, "city") == sealed


@pytest.mark.postgres
@pytest.mark.django_db
def test_postgresql_takes_them_by_copy() -> None:
    with CaptureQueriesContext(connection) as captured:
        Member.objects.bulk_create(newcomers(3))
    assert [query["sql"].split()[0] for query in captured if "accounts_member" in query["sql"]] == ["COPY"]
