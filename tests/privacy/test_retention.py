"""Retention: what has a term in the catalogue is gone when the term is over, and not a moment before."""

import random
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies as st

from accounts.models import Member, Profile
from catalogue import registry
from catalogue.erasure import Blank, DeleteRow, Keep, Replace
from privacy import retention
from security import events
from security.models import Allowance, Browser, Event, Kind, Session, SignIn, Token
from tests import factories
from tests.catalogue.declaring import declare, personal
from tests.security.walking import is_in, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.promise("B3")]
NOW = timezone.now().replace(microsecond=0)
A_MOMENT = timedelta(microseconds=1)
A_DAY = timedelta(days=1)


@pytest.fixture
def rose():
    return factories.make_member("rose")


@pytest.fixture
def catalogue():
    """Let the test declare what it likes."""
    with registry.isolated() as empty:
        yield empty


def make_events(member, *ages, **values):
    made = [Event(member=member, kind=Kind.SIGNED_IN, at=NOW - age, **values) for age in ages]
    return Event.objects.bulk_create(made)


# --- against an oracle
TERMS = [timedelta(days=1), timedelta(days=2), timedelta(days=3)]
AGES = [term + shift for term in TERMS for shift in (-A_MOMENT, timedelta(0), A_MOMENT)] + [timedelta(0)]


def expected(ages, terms, now):
    """Say by brute force what is left of each event: None for a deleted row, else (device, kind)."""
    left = []
    for age in ages:
        old = [now - (NOW - age) >= term for term in terms]
        device, kind, row = old
        left.append(None if row else (None if device else "Firefox", "gone" if kind else "signed-in"))
    return left


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ages=st.lists(st.sampled_from(AGES), max_size=7),
    terms=st.permutations(TERMS),
    later=st.lists(st.sampled_from([timedelta(0), A_MOMENT, timedelta(hours=30)]), min_size=1, max_size=3),
    batch=st.integers(1, 4),
)
def test_what_is_purged_at_which_moment(rose, catalogue, monkeypatch, ages, terms, later, batch):
    """Three terms of one row: a nullable column is emptied, another one is replaced, and the row goes at last."""
    monkeypatch.setattr(retention.purging, "BATCH", batch)
    Event.objects.all().delete()
    blank = personal("device", keep_for=terms[0], counted_from="at", erasure=Blank())
    replaced = personal("kind", keep_for=terms[1], counted_from="at", erasure=Replace("gone"))
    gone = personal("is_alert", keep_for=terms[2], counted_from="at", erasure=DeleteRow())
    with registry.isolated() as mine:
        mine.register(declare(Event, blank, replaced, gone))
        numbers = [each.pk for each in make_events(rose, *ages, device="Firefox")]
        now = NOW
        for step in later:
            now += step
            retention.purge(now)
            rows = Event.objects.in_bulk(numbers)
            found = [(rows[n].device, rows[n].kind) if n in rows else None for n in numbers]
            assert found == expected(ages, terms, now)


# --- each way of erasing
def purged(now=NOW):
    return retention.purge(now)


def test_rows_that_stay_are_met_once_and_not_for_ever(rose, catalogue, monkeypatch):
    monkeypatch.setattr(retention.purging, "BATCH", 2)
    for erasure in (Blank(), Replace("gone"), Replace(lambda: "gone")):
        with registry.isolated() as mine:
            name = "device" if isinstance(erasure, Blank) else "kind"
            mine.register(declare(Event, personal(name, keep_for=A_DAY, counted_from="at", erasure=erasure)))
            Event.objects.all().delete()
            make_events(rose, *[A_DAY] * 5, device="Firefox")
            assert purged() == {"security.Event": 5}
    assert Event.objects.count() == 5


def test_what_has_no_empty_value_of_null_is_emptied_once(rose, catalogue):
    Member.objects.filter(pk=rose.pk).update(joined_at=NOW - A_DAY)
    term = {"keep_for": A_DAY, "counted_from": "member__joined_at"}
    catalogue.register(declare(Profile, personal("public_name", **term, erasure=Blank())))
    Profile.objects.update(public_name="Rose")
    assert purged(NOW - A_MOMENT) == {}
    assert purged() == {"accounts.Profile": 1}
    assert purged() == {}
    assert Profile.objects.get().public_name == ""


def test_what_is_kept_for_a_reason_is_left_alone(rose, catalogue):
    kept = personal("kind", keep_for=A_DAY, counted_from="at", erasure=Keep("the law asks for it"))
    catalogue.register(declare(Event, kept))
    make_events(rose, A_DAY)
    assert purged() == {}
    assert Event.objects.get().kind == Kind.SIGNED_IN


def test_relations_of_a_member_end_when_their_term_does(rose, catalogue):
    rose.groups.add(*(Group.objects.get_or_create(name=name)[0] for name in ("support", "legal")))
    Member.objects.filter(pk=rose.pk).update(joined_at=NOW - A_DAY)
    roles = personal("groups", keep_for=A_DAY, counted_from="joined_at", erasure=Blank())
    catalogue.register(declare(Member, roles, subjects=("self",)))
    assert purged(NOW - A_MOMENT) == {}
    assert purged() == {"accounts.Member": 1}
    assert purged() == {}
    assert not rose.groups.exists()


def test_what_is_used_again_in_the_meantime_stays(rose, catalogue, monkeypatch):
    [event] = make_events(rose, A_DAY)
    catalogue.register(declare(Event, personal("kind", keep_for=A_DAY, counted_from="at", erasure=DeleteRow())))
    apply = DeleteRow.apply

    def apply_late(self, queryset, name):
        Event.objects.filter(pk=event.pk).update(at=NOW)
        apply(self, queryset, name)

    monkeypatch.setattr(DeleteRow, "apply", apply_late)
    purged()
    assert Event.objects.filter(pk=event.pk).exists()


def test_more_rows_than_one_batch_go_and_the_younger_stay(rose, catalogue):
    catalogue.register(declare(Event, personal("kind", keep_for=A_DAY, counted_from="at", erasure=DeleteRow())))
    ages = [A_DAY] * (2 * retention.purging.BATCH + 7) + [A_DAY - A_MOMENT] * 5
    random.Random(4).shuffle(ages)
    make_events(rose, *ages)
    assert purged() == {"security.Event": 2 * retention.purging.BATCH + 7}
    assert Event.objects.count() == 5
    assert purged() == {}


def test_an_end_in_between_loses_nothing_and_the_next_run_goes_on(rose, catalogue, monkeypatch):
    monkeypatch.setattr(retention.purging, "BATCH", 2)
    catalogue.register(declare(Event, personal("kind", keep_for=A_DAY, counted_from="at", erasure=DeleteRow())))
    make_events(rose, *[A_DAY] * 5)
    apply, runs = DeleteRow.apply, []

    def apply_and_die(self, queryset, name):
        if runs:
            raise KeyboardInterrupt
        runs.append(apply(self, queryset, name))

    monkeypatch.setattr(DeleteRow, "apply", apply_and_die)
    with pytest.raises(KeyboardInterrupt):
        purged()
    assert Event.objects.count() == 3
    monkeypatch.setattr(DeleteRow, "apply", apply)
    purged()
    assert not Event.objects.exists()


# --- what is observed, through the command
def test_everything_observed_is_gone_after_ninety_days(rose):
    with time_machine.travel(NOW, tick=False):
        client = sign_in(rose)
        is_in(client)
        for kind in Kind:
            events.happened(rose, kind, seen=events.Observation("Firefox on Linux", "198.51.100.0/24"))
        events.alert_of_failures(rose, events.NOWHERE)
    counted = (Browser, Event, SignIn, Session, Token, Allowance)
    with time_machine.travel(NOW + timedelta(days=90) - A_MOMENT, tick=False):
        # Somebody who stayed: her session ran out long ago, her sign-in with it.
        call_command("purge_expired", verbosity=0)
        assert [model.objects.count() for model in counted[:2]] == [1, len(Kind) + 2]
    with time_machine.travel(NOW + timedelta(days=90), tick=False):
        call_command("purge_expired", verbosity=0)
        assert [model.objects.count() for model in counted] == [0] * len(counted)
        call_command("purge_expired", verbosity=0)
    assert Member.objects.filter(pk=rose.pk).exists()


def test_a_sign_in_that_is_used_stays_and_ninety_days_after_its_last_use_it_goes(rose):
    with time_machine.travel(NOW, tick=False):
        sign_in(rose)
    SignIn.objects.update(seen_at=NOW + timedelta(days=20))
    Session.objects.update(expire_date=NOW + timedelta(days=365))
    for days, left in ((90, 1), (110 - 1e-9, 1), (110, 0)):
        with time_machine.travel(NOW + timedelta(days=days), tick=False):
            call_command("purge_expired", verbosity=0)
        assert SignIn.objects.count() == left
    assert not Session.objects.exists()
