"""The public page of how each clause is kept: promises, what carries them out, tests, and what is so now."""

import json
from datetime import timedelta
from importlib.util import find_spec
from io import StringIO

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from config.executing import EXECUTED_BY
from config.keeping import unkept
from config.promises import PROMISES
from notifications.models import Notification, State
from privacy.models import ErasureRequest, PolicyVersion
from privacy.policy import facts
from privacy.policy.kept import IN_PART, KEPT, NOT_YET, Promise, promises
from tests import factories

from .publishing import publish

pytestmark = [pytest.mark.django_db, pytest.mark.promise("I1")]
LONG_AGO = timezone.now() - timedelta(days=400)


def page() -> str:
    answer = Client().get("/policy/kept/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def reading(label: str) -> facts.Reading:
    [fact] = [fact for fact in facts.registered() if str(fact.label) == label]
    return fact.read()


# --- promises ---------------------------------------------------------------------------------------------------------
def test_every_promise_stands_on_the_page_under_its_clause():
    shown = page()
    for name, words in PROMISES.items():
        assert f'id="{name}"' in shown
        assert escape(words) in shown
    order = [shown.index(f'id="{promise.name}"') for promise in sorted(promises(), key=lambda each: each.clause)]
    assert order == sorted(order)
    assert shown.index('id="kept-i"') < shown.index('id="I2"') < shown.index('id="kept-j"')
    assert shown.index('id="I1"') < shown.index('id="kept-a"')


def test_what_carries_a_promise_out_is_there():
    assert EXECUTED_BY.keys() <= PROMISES.keys()
    for execution in EXECUTED_BY.values():
        assert all(find_spec(module) for module in execution.code), execution
        assert all(admin.site.is_registered(apps.get_model(label)) for label in execution.staff), execution


@pytest.mark.parametrize(
    ("code", "tests", "state"),
    [(("privacy.rule",), 3, KEPT), (("privacy.rule",), 0, NOT_YET), ((), 3, IN_PART), ((), 0, NOT_YET)],
)
def test_a_promise_is_kept_only_if_code_and_tests_say_so(code: tuple[str, ...], tests: int, state: str):
    assert Promise("X1", "x", "Something.", code, (), tests).state == state


def test_the_page_says_what_is_not_kept_yet():
    shown = page()
    assert shown.count("not kept yet") == sum(each.state == NOT_YET for each in promises())
    assert shown.count("kept in part") >= sum(each.state == IN_PART for each in promises())


def test_a_promise_that_is_said_to_be_kept_and_has_no_test_fails_the_command(monkeypatch):
    call_command("check_promises", stdout=StringIO())
    kept = {name: ["test"] for name in PROMISES if name != "E6"}
    assert unkept(kept) == ["E6"]
    monkeypatch.setattr("config.management.commands.check_promises.kept_by_tests", lambda: kept)
    with pytest.raises(CommandError, match="no test keeps: E6"):
        call_command("check_promises", stdout=StringIO())


def test_the_command_says_what_carries_a_promise_out():
    out = StringIO()
    call_command("check_promises", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert "privacy.visibility" in told["E6"]["code"]
    assert told["D1"]["screens"] == ["accounts.Member", "privacy.ErasureRequest"]


def test_a_policy_with_other_clauses_loses_no_promise():
    publish("other", "## a. All there is\n\nWe keep little.", timezone.now())
    shown = page()
    assert all(f'id="{name}"' in shown for name in PROMISES)
    assert "All there is" in shown


def test_without_a_version_there_is_nothing_to_keep():
    PolicyVersion.objects.all().delete()
    assert Client().get("/policy/kept/").status_code == 404


# --- facts ------------------------------------------------------------------------------------------------------------
def test_every_fact_belongs_to_a_promise_and_is_on_the_page():
    shown = page()
    for fact in facts.registered():
        assert fact.promise in PROMISES
        assert escape(str(fact.label)) in shown
        assert str(fact.read().words)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "fewer than 10"),
        (1, "fewer than 10"),
        (9, "fewer than 10"),
        (10, "10 to 99"),
        (99, "10 to 99"),
        (100, "100 to 999"),
        (999, "100 to 999"),
        (1_000, "1,000 or more"),
        (10**9, "1,000 or more"),
    ],
)
def test_numbers_of_people_are_told_in_bands(count: int, words: str):
    assert str(facts.in_band(count)) == words


def test_who_waits_to_leave_is_told_in_a_band_and_what_is_overdue_at_once():
    now = timezone.now()
    members = [factories.make_member(f"m{number}") for number in range(10)]
    assert str(reading("Accounts waiting for their end").words) == "fewer than 10"
    for member in members[:9]:
        ErasureRequest.objects.create(member=member, due_at=now + timedelta(days=14))
    assert str(reading("Accounts waiting for their end").words) == "fewer than 10"
    last = ErasureRequest.objects.create(member=members[9], asked_at=LONG_AGO, due_at=now + timedelta(days=14))
    assert str(reading("Accounts waiting for their end").words) == "10 to 99"
    overdue = reading("Accounts overdue for erasure")
    assert (str(overdue.words), overdue.is_well) == ("none", True)
    ErasureRequest.objects.filter(pk=last.pk).update(due_at=now - timedelta(hours=25))
    assert reading("Accounts overdue for erasure").is_well is False
    ErasureRequest.objects.filter(pk=last.pk).update(kept_at=now)
    assert reading("Accounts overdue for erasure").is_well is True


def test_a_worker_that_is_gone_shows():
    rose = factories.make_member("rose")
    notice = {"member": rose, "notice": "review-information", "channel": "email"}
    row = Notification.objects.create(**notice, due_at=timezone.now() - timedelta(minutes=5))
    assert reading("Worker that sends them").is_well is True
    Notification.objects.filter(pk=row.pk).update(due_at=timezone.now() - timedelta(minutes=11))
    assert reading("Worker that sends them").is_well is False
    Notification.objects.filter(pk=row.pk).update(state=State.SENT, settled_at=timezone.now())
    assert reading("Worker that sends them").is_well is True


def test_switches_say_how_they_stand(settings):
    settings.SECURE, settings.SECURE_HSTS_SECONDS = True, 86_400 * 365
    assert reading("Encrypted channel only") == facts.switch(on=True)
    assert str(reading("Browsers are told to insist on it (HSTS)").words) == "for 365 days"
    settings.SECURE, settings.SECURE_HSTS_SECONDS, settings.LIMITS = False, 0, False
    assert reading("Encrypted channel only").is_well is False
    assert reading("Browsers are told to insist on it (HSTS)").is_well is False
    assert reading("Limits to how often things can be tried").is_well is False
    assert "Not as it should be:" in page()
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "staff_steps" not in each]
    assert reading("Second step of staff").is_well is False


def test_a_declaration_since_the_last_version_shows(monkeypatch):
    label = "The version in force was published with them"
    assert reading(label).is_well is True
    monkeypatch.setattr("privacy.policy.versions.fingerprint", lambda: "another")
    assert reading(label).is_well is False


def test_the_cipher_is_tried(monkeypatch):
    assert reading("Cipher").is_well is True
    monkeypatch.setattr("privacy.policy.standing._opens", lambda *_: True)
    assert reading("Cipher").is_well is False


def test_a_fact_of_another_storey_appears_beside_its_promise(monkeypatch):
    monkeypatch.setattr(facts, "_facts", [*facts.registered()])
    for _twice in range(2):
        facts.register_fact("H4", "Last checkpoint", checkpoint)
    shown = page()
    assert shown.count("Last checkpoint") == 1
    assert shown.index('id="H4"') < shown.index("Last checkpoint") < shown.index('id="H5"')


def checkpoint() -> facts.Reading:
    return facts.Reading("number 12", is_well=True)


def test_more_rows_cost_no_more_queries():
    page()
    few = cost()
    now = timezone.now()
    for number in range(8):
        member = factories.make_member(f"m{number}")
        ErasureRequest.objects.create(member=member, due_at=now + timedelta(days=1))
        Notification.objects.create(member=member, notice="review-information", channel="email", due_at=now)
        publish(f"0.{number}", "Long ago.", LONG_AGO - timedelta(days=number))
    assert cost() == few
    assert few < 12


def cost() -> int:
    with CaptureQueriesContext(connections["default"]) as main, CaptureQueriesContext(connections["keystore"]) as keys:
        page()
    assert not keys
    return len(main)


def test_nobody_is_named_on_the_page_and_everybody_reads_the_same():
    rose = factories.make_member("rose", display_name="Rose", city="Alderford")
    ErasureRequest.objects.create(member=rose, due_at=timezone.now() + timedelta(days=1))
    shown = page()
    assert "rose" not in shown.casefold()
    assert "alderford" not in shown.casefold()
