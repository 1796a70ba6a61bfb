"""Erased stays erased: whom an old backup brings back is erased again before the site is ready, and not told."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import cancelling
from accounts.erasing import erase_due
from accounts.models import Member, Profile, ReservedHandle
from accounts.profiles import update_profile
from accounts.registration import may_be_taken
from accounts.tasks import start_due_erasures
from encryption.fields import UNAVAILABLE
from encryption.keys import destroy_data_key, forget_keys
from notifications.delivery import deliver
from privacy.erasure import replaying
from privacy.models import ErasureRequest
from security.models import Event
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.promise("D5")]


@pytest.fixture(autouse=True)
def look(monkeypatch):
    """Begin as a process does that has just started."""
    look = replaying.Look()
    monkeypatch.setattr("config.site.is_clean", look.is_clean)
    monkeypatch.setattr("accounts.tasks.is_clean", look.is_clean)
    return look


@pytest.fixture
def restored():
    """Return what erases a member and puts their rows back as an old backup would: raw, the keystore left alone."""

    def restored(handle):
        member = factories.make_member(handle)
        update_profile(member, {"bio": "marker-bio"}, by=member)
        copies = [row_of(model, pk=member.pk) for model in (Member, Profile)]
        cancelling.cancel(member, by=member, seen=cancelling.Observation())
        with time_machine.travel(timezone.now() + timedelta(days=15)):
            while erase_due(timezone.now()):
                deliver()
            deliver()
            erase_due(timezone.now())
        assert not Member.objects.filter(pk=member.pk).exists()
        ErasureRequest.objects.all().delete()
        ReservedHandle.objects.all().delete()
        for table, columns, values in copies:
            marks = ", ".join(["%s"] * len(values))
            with connection.cursor() as cursor:
                cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)
        forget_keys()
        return member.pk

    return restored


def row_of(model, **which):
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE {model._meta.pk.column} = %s", [which["pk"]])
        return table, ", ".join(f'"{each[0]}"' for each in cursor.description), cursor.fetchone()


def test_a_site_is_ready_while_nobody_is_back():
    factories.make_member("rose")
    assert Client().get("/readyz").status_code == 200


def test_what_a_backup_brings_back_cannot_be_read_and_the_site_is_not_ready(restored):
    number = restored("rose")
    assert Profile.objects.get(pk=number).bio is UNAVAILABLE
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"waiting for erasures\n")


@pytest.mark.parametrize("how", ["command", "clock"])
def test_they_are_erased_again_and_nobody_is_told_twice(restored, mailoutbox, how):
    number = restored("rose")
    factories.make_member("fern")
    mailoutbox.clear()
    call_command("replay_erasures") if how == "command" else start_due_erasures()
    deliver()
    assert not Member.objects.filter(pk=number).exists()
    assert not Event.objects.filter(member=number).exists()
    assert Member.objects.filter(handle="fern").exists()
    assert mailoutbox == []
    assert not may_be_taken("rose")
    assert Client().get("/readyz").status_code == 200
    assert replaying.replay() == 0


def test_who_is_being_erased_in_the_usual_way_keeps_no_site_from_being_ready(monkeypatch):
    rose = factories.make_member("rose")
    cancelling.cancel(rose, by=rose, seen=cancelling.Observation())
    monkeypatch.setattr("accounts.erasing.ReservedHandle.objects.update_or_create", lambda **_values: 1 / 0)
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        erase_due(timezone.now())
    assert Member.objects.filter(pk=rose.pk).exists()
    assert Profile.objects.filter(pk=rose.pk).count() <= 1
    assert Client().get("/readyz").status_code == 200


def test_it_costs_as_much_however_many_were_erased(look, restored, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(replaying, "CHUNK", 2)
    for number in range(5):
        member = factories.make_member(f"gone{number}")
        destroy_data_key(member.pk)
        member.delete()
    assert look.is_clean()
    monkeypatch.setattr(replaying, "OVERLAP", timedelta(0))
    look.is_clean()
    with django_assert_num_queries(2):
        assert look.is_clean()


def test_one_who_comes_back_later_is_found_too(look, restored):
    assert look.is_clean()
    restored("rose")
    assert not look.is_clean()
