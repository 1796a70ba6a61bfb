"""A dry run of retention: it says what would go, term by term, and takes nothing."""

import json
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalogue import registry
from catalogue.erasure import Blank, DeleteRow, Keep
from privacy import retention
from privacy.retention import Due
from security.models import Event, Kind
from tests import factories
from tests.catalogue.declaring import declare, personal

pytestmark = [pytest.mark.django_db, pytest.mark.promise("B3")]
NOW = timezone.now().replace(microsecond=0)
A_MOMENT = timedelta(microseconds=1)
A_DAY = timedelta(days=1)


@pytest.fixture
def catalogue():
    """Events lose their device after a day and go after three."""
    device = personal("device", keep_for=A_DAY, counted_from="at", erasure=Blank())
    row = personal("is_alert", keep_for=3 * A_DAY, counted_from="at", erasure=DeleteRow())
    with registry.isolated() as empty:
        empty.register(declare(Event, device, row))
        yield empty


@pytest.fixture
def events(catalogue):
    rose = factories.make_member("rose")
    Event.objects.all().delete()
    ages = [A_DAY - A_MOMENT, A_DAY, 2 * A_DAY, 3 * A_DAY]
    made = [Event(member=rose, kind=Kind.SIGNED_IN, device="Firefox", at=NOW - age) for age in ages]
    return Event.objects.bulk_create(made)


def rows():
    return list(Event.objects.order_by("pk").values())


def test_it_says_what_would_go_and_how_old_the_oldest_is(events):
    device = Due("security.Event", "device", 3, NOW - 3 * A_DAY)
    assert retention.due(NOW) == [device, Due("security.Event", "is_alert", 1, NOW - 3 * A_DAY)]


def test_it_changes_nothing(events):
    before = rows()
    retention.due(NOW)
    assert rows() == before


def test_after_a_purge_nothing_is_due(events):
    retention.purge(NOW)
    assert retention.due(NOW) == []
    assert Event.objects.count() == 3


def test_what_the_law_keeps_is_not_due(events):
    kept = personal("kind", keep_for=A_DAY, counted_from="at", erasure=Keep("the law asks for it"))
    with registry.isolated() as mine:
        mine.register(declare(Event, kept))
        assert retention.due(NOW) == []


def test_its_queries_do_not_grow_with_the_rows(events, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        retention.due(NOW)


def test_the_command_tells_it_in_words_and_as_json_and_deletes_nothing(events):
    before, words, data = rows(), StringIO(), StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("purge_expired", "--dry-run", stdout=words)
        call_command("purge_expired", "--dry-run", "--json", stdout=data)
    oldest = (NOW - 3 * A_DAY).isoformat()
    assert f"security.Event.device: 3, the oldest of {oldest}" in words.getvalue()
    assert json.loads(data.getvalue())[0] == {"model": "security.Event", "field": "device", "rows": 3, "oldest": oldest}
    assert rows() == before


def test_json_is_for_the_dry_run_only(events):
    before = rows()
    with pytest.raises(CommandError):
        call_command("purge_expired", "--json")
    assert rows() == before
