"""The migration that binds what an earlier version indexed alike: existing rows, found again and told apart."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts import directory
from accounts.models import Member, Profile
from catalogue.vocabulary import Audience
from encryption.blind_index import blind_index
from encryption.keys import destroy_data_key
from privacy.visibility import Viewer
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "keystore"])
NAME = "0006_bind_indexes_of_narrow_values"
migration = import_module(f"accounts.migrations.{NAME}")
COLUMNS = [f"{name}_index" for name in migration.INDEXED]


def as_the_version_before(*people: Member) -> None:
    """Give rows the indexes that they had: common ones, whatever the audience."""
    for profile in Profile.objects.filter(pk__in=[person.pk for person in people]):
        common = {
            f"{name}_index": blind_index(f"accounts_profile.{name}", getattr(profile, name))
            for name in migration.INDEXED
        }
        Profile.objects.filter(pk=profile.pk).update(**common)


def indexes(person: Member) -> list[Any]:
    row = Profile.objects.filter(pk=person.pk).values_list(*COLUMNS).get()
    return [None if index is None else bytes(index) for index in row]


def migrate() -> None:
    of_that_day = MigrationExecutor(connection).loader.project_state(("accounts", NAME)).apps
    migration.bind_narrow_indexes(of_that_day, connection.schema_editor())


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> list[Member]:
    monkeypatch.setattr(migration, "BATCH", 2)
    people = [
        factories.make_member(
            f"person{number}",
            audiences={"display_name": Audience.EVERYONE, "city": audience, "employer": audience},
            display_name="Somebody",
            city="Lisbon",
            employer="Library",
            school="Mill Lane",
        )
        for number, audience in enumerate(Audience)
    ]
    as_the_version_before(*people)
    return people


@pytest.mark.promise("E6")
def test_rows_of_an_earlier_version_get_the_indexes_that_a_save_would_give_them(town: list[Member]) -> None:
    assert len({indexes(person)[0] for person in town}) == 1
    migrate()
    after = [indexes(person) for person in town]
    assert len({city for city, _, _ in after}) == 4  # one for the two open ones
    assert after[0][:2] == after[1][:2]
    for profile in Profile.objects.all():
        profile.save()
    assert [indexes(person) for person in town] == after
    migrate()
    assert [indexes(person) for person in town] == after


def test_people_are_found_after_it_by_whom_they_were_found_before(town: list[Member]) -> None:
    friend = factories.make_member("moss")
    for person in town:
        factories.befriend(friend, person)
    migrate()
    found = [person.handle for person in directory.search(Viewer(friend.pk), "Lisbon").people]
    assert found == ["person0", "person1", "person2"]
    own = [person.handle for person in directory.search(Viewer(town[4].pk), "Lisbon").people]
    assert own == ["person0", "person1", "person4"]


def test_a_narrow_value_that_does_not_open_loses_its_index(town: list[Member]) -> None:
    for person in town:
        destroy_data_key(person.pk)
    migrate()
    assert [indexes(person)[0] is None for person in town] == [False, False, True, True, True]
    assert all(indexes(person)[2] is None for person in town)
