"""What is never confirmed goes, and what was typed lies nowhere in the clear."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts import housekeeping, tasks
from accounts.models import Member, Profile, ReservedHandle
from encryption.keys import is_destroyed
from security.models import Token

from . import PASSWORD, TODAY

pytestmark = pytest.mark.django_db


@pytest.mark.promise("A1")
def test_an_account_never_confirmed_is_erased_after_seven_days_with_its_key(join):
    with time_machine.travel(TODAY, tick=False):
        join()
    rose = Member.objects.get().pk
    with time_machine.travel(TODAY + timedelta(days=7, minutes=-1), tick=False):
        assert housekeeping.purge_expired()["unconfirmed members"] == 0
    with time_machine.travel(TODAY + timedelta(days=7), tick=False):
        assert housekeeping.purge_expired()["unconfirmed members"] == 1
        assert housekeeping.purge_expired()["unconfirmed members"] == 0
    assert [model.objects.count() for model in (Member, Profile, Token)] == [0, 0, 0]
    assert is_destroyed(rose)


def test_a_confirmed_account_stays(fern):
    Member.objects.update(joined_at=timezone.now() - timedelta(days=4000))
    housekeeping.purge_expired()
    assert Member.objects.get() == fern
    assert not is_destroyed(fern.pk)


def test_who_confirms_while_housekeeping_is_at_work_stays(fern, monkeypatch):
    monkeypatch.setattr(housekeeping, "_unconfirmed_since", lambda now: [fern.pk])
    assert housekeeping.purge_expired()["unconfirmed members"] == 0
    assert Member.objects.get() == fern
    assert not is_destroyed(fern.pk)


@pytest.mark.promise("K2")
def test_what_was_typed_lies_nowhere_in_the_clear(join):
    join(email="rose.of.alderford@example.org")
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = repr([[bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in cursor])
            assert "alderford" not in rows, table
            assert "1990-04-01" not in rows, table
            assert PASSWORD not in rows, table


def test_the_task_of_the_clock_purges(fern):
    ReservedHandle.objects.create(digest=b"x" * 32, until=timezone.now())
    tasks.purge_expired()
    assert not ReservedHandle.objects.exists()
