"""Runs of retention: one at a time, taken up where they were left, and told to staff with what is overdue."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.roles import assign_roles
from privacy.models import RetentionRun
from privacy.retention import runs
from privacy.retention.terms import terms
from security.models import Event, Kind, SignIn
from tests import factories
from tests.killing import Killed

pytestmark = [pytest.mark.django_db, pytest.mark.promise("B3")]
OLD = timedelta(days=91)


@pytest.fixture
def rose():
    rose = factories.make_member("rose")
    old = timezone.now() - OLD
    Event.objects.bulk_create(Event(member=rose, kind=Kind.NEW_BROWSER, at=old) for _ in range(3))
    SignIn.objects.create(member=rose, started_at=old, seen_at=old)
    return rose


def test_a_run_takes_what_is_over_and_says_how_much_of_which(rose):
    run = runs.run(timezone.now())
    assert (run.counts["security.Event.kind"], run.counts["security.SignIn.device"]) == (3, 1)
    assert run.rows == 4
    assert set(run.counts) == {term.name for term in terms()}
    assert not SignIn.objects.exists()
    assert runs.run(timezone.now()).rows == 0


@pytest.mark.parametrize("place", range(0, 15, 3))
def test_who_is_killed_half_way_is_taken_up_by_the_next_and_counted_once(rose, monkeypatch, place):
    real, calls = runs.purge_term, []

    def dies(term, *rest):
        calls.append(term)
        if len(calls) == place + 1:
            raise Killed
        return real(term, *rest)

    monkeypatch.setattr(runs, "purge_term", dies)
    with pytest.raises(Killed):
        runs.run(timezone.now())
    assert runs.run(timezone.now()) is None  # its lease still counts
    with time_machine.travel(timezone.now() + runs.LEASE):
        run = runs.run(timezone.now())
    assert run.rows == 4
    assert RetentionRun.objects.count() == 1


def test_there_is_one_run_at_a_time(rose):
    first = runs.ask_for_run()
    assert runs.ask_for_run() == first
    with pytest.raises(IntegrityError), transaction.atomic():
        RetentionRun.objects.create()


def test_who_was_slow_writes_nothing_over_the_run_of_another(rose, monkeypatch):
    def slow(*_anything):
        RetentionRun.objects.update(lease=None)
        return 1

    monkeypatch.setattr(runs, "purge_term", slow)
    assert runs.run(timezone.now()) is None
    assert RetentionRun.objects.get().counts == {}


# --- the back office ----------------------------------------------------------------------------------------------
@pytest.fixture
def desk():
    def desk(role):
        member = factories.make_member(role.replace("_", ""))
        assign_roles(member, [role])
        return factories.sign_in_freshly(member)

    return desk


LIST, START = "admin:privacy_retentionrun_changelist", "admin:privacy_retentionrun_start"


def test_staff_see_what_each_term_holds_what_is_overdue_and_what_went(rose, desk):
    officer = desk("privacy_officer")
    before = officer.get(reverse(LIST))
    events = next(line for line in before.context["terms"] if line.label == "What happened")
    assert (events.days, events.due, events.overdue) == (90, 3, 3)
    assert "4 rows are overdue" in before.content.decode()
    runs.run(timezone.now())
    after = officer.get(reverse(LIST))
    events = next(line for line in after.context["terms"] if line.label == "What happened")
    assert (events.due, events.overdue, events.taken) == (0, 0, 3)
    assert "Nothing is overdue" in after.content.decode()
    assert [bar.rows for bar in after.context["bars"] if bar.rows] == [4]


def test_looking_takes_nothing(rose, desk):
    window = desk("auditor")
    held = Event.objects.count()
    window.get(reverse(LIST))
    assert Event.objects.count() == held
    assert not RetentionRun.objects.exists()


def test_who_may_has_a_run_begin_at_once(rose, desk, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks():
        assert desk("privacy_officer").post(reverse(START)).status_code == 302
    assert RetentionRun.objects.get().is_open
    assert desk("auditor").post(reverse(START)).status_code == 403
    assert desk("support").get(reverse(LIST)).status_code == 403
