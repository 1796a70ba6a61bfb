"""The adult age is a setting: raising it closes what those who become juveniles had opened."""

import logging
from datetime import date

import pytest
from django.db import connection
from django.utils import timezone

from accounts.housekeeping import purge_expired
from accounts.models import Profile
from catalogue.vocabulary import Audience
from privacy import juveniles
from privacy.models import AgeApplied
from tests import factories

pytestmark = pytest.mark.django_db
OPEN = {"display_name": Audience.EVERYONE, "city": Audience.EVERYONE, "bio": Audience.MEMBERS}


def of_age(years: int) -> date:
    return date(timezone.localdate().year - years, 1, 1)


def make(handle: str, years: int):
    return factories.make_member(
        handle, birth_date=of_age(years), city="Alderford", display_name=handle.title(), audiences=OPEN
    )


@pytest.mark.promise("M2")
def test_a_raised_adult_age_closes_within_the_hour_what_the_new_juveniles_had_opened(client, settings):
    hazel, elder = make("hazel", 20), make("elder", 40)
    purge_expired()
    assert "Alderford" in client.get("/@hazel/").content.decode()
    settings.ADULT_AGE = 25
    purge_expired()
    assert "Alderford" not in client.get("/@hazel/").content.decode()
    assert "Alderford" in client.get("/@elder/").content.decode()
    people = client.get("/people/?q=e").content.decode()
    assert ("@hazel" in people, "@elder" in people) == (False, True)
    young, old = Profile.objects.get(pk=hazel.pk), Profile.objects.get(pk=elder.pk)
    assert (young.listed, young.public_name, young.name_for_search) == (False, "", "")
    assert min(getattr(young, f"{name}_audience") for name in OPEN) == Audience.FRIENDS
    assert (old.listed, old.public_name) == (True, "Elder")


def test_a_lowered_adult_age_opens_nothing(client, settings):
    settings.ADULT_AGE = 25
    make("hazel", 20)
    purge_expired()
    settings.ADULT_AGE = 18
    purge_expired()
    assert "Alderford" not in client.get("/@hazel/").content.decode()
    assert AgeApplied.objects.get().age == 18


def test_birth_dates_are_opened_only_when_the_setting_has_changed(settings, monkeypatch):
    make("hazel", 20)
    purge_expired()
    monkeypatch.setattr(juveniles, "_batches", lambda: pytest.fail("read everybody again"))
    purge_expired()


def test_a_run_that_ends_halfway_begins_anew(settings, monkeypatch):
    people = [make(f"hazel{number}", 20) for number in range(5)]
    purge_expired()
    settings.ADULT_AGE = 25
    monkeypatch.setattr(juveniles, "BATCH", 2)
    real, done = juveniles._cap_all, []

    def dies_in_the_third_batch(batch):
        if len(done) == 2:
            raise ConnectionError
        done.append(batch)
        return real(batch)

    monkeypatch.setattr(juveniles, "_cap_all", dies_in_the_third_batch)
    with pytest.raises(ConnectionError):
        purge_expired()
    monkeypatch.setattr(juveniles, "_cap_all", real)
    purge_expired()
    assert not Profile.objects.filter(pk__in=[person.pk for person in people], listed=True).exists()


def test_the_log_counts_and_names_nobody(settings, caplog):
    hazel = make("hazel", 20)
    purge_expired()
    settings.ADULT_AGE = 25
    with caplog.at_level(logging.INFO):
        purge_expired()
    assert "narrowed 1 profiles to the adult age" in caplog.text
    assert "hazel" not in caplog.text
    assert str(hazel.pk) not in caplog.text


def test_a_birth_date_that_cannot_be_opened_undoes_nobodys_choices(settings):
    hazel = make("hazel", 40)
    purge_expired()
    settings.ADULT_AGE = 50

    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_profile SET birth_date = %s", [b"x" * 64])
    purge_expired()
    assert Profile.objects.get(pk=hazel.pk).listed is True
