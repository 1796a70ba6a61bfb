"""The versions of the policy as the public reads them: which is in force, from when to when, how it began."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy.models import PolicyStage, PolicyVersion
from privacy.policy import agree
from privacy.policy.history import in_force, reign_of, reigns
from tests import factories

from .publishing import publish

pytestmark = [pytest.mark.django_db, pytest.mark.promise("I1")]
DAYS = {
    "1": datetime(2024, 1, 5, tzinfo=UTC),
    "2": datetime(2025, 6, 10, tzinfo=UTC),
    "3": datetime(2026, 3, 1, tzinfo=UTC),
}


@pytest.fixture(autouse=True)
def _versions() -> None:
    PolicyVersion.objects.all().delete()
    for number, mode in (("1", "ask"), ("2", "ask"), ("3", "tell")):
        publish(number, f"Version {number}.\n\n## a. Why\n\nBecause of {number}.", DAYS[number], mode)
    publish("4", "Of tomorrow.", timezone.now() + timedelta(days=1), "ask")


def read(address: str, member: object = None) -> str:
    browser = Client()
    if member is not None:
        factories.sign_in(browser, member)
    return " ".join(browser.get(address).content.decode().split())


def test_each_version_holds_until_the_next_begins():
    coming, present, former, first = reigns()
    assert [each.version.number for each in (coming, present, former, first)] == ["4", "3", "2", "1"]
    assert [each.is_to_come for each in reigns()] == [True, False, False, False]
    assert [each.is_in_force for each in reigns()] == [False, True, False, False]
    assert [each.is_over for each in reigns()] == [False, False, True, True]
    assert [each.until for each in reigns()] == [None, coming.version.effective_at, DAYS["3"], DAYS["2"]]
    assert [each.before and each.before.number for each in reigns()] == ["3", "2", "1", None]
    assert in_force(reigns()).version.number == "3"
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        assert in_force(reigns()).version.number == "4"


@pytest.mark.parametrize("stage", [PolicyStage.DRAFT, PolicyStage.ASKED])
def test_what_is_not_published_is_as_absent_as_what_never_was(stage: str):
    PolicyVersion.objects.create(number="5", body="Secret.", stage=stage, effective_at=timezone.now())
    assert reign_of("5", reigns()) is None
    for number in ("5", "6"):
        assert Client().get(f"/policy/versions/{number}/").status_code == 404
        assert Client().get(f"/policy/changes/{number}/").status_code == 404
        assert Client().get(f"/policy/changes/3/?from={number}").status_code == 422
    assert "Version 5" not in read("/policy/versions/")


def test_a_version_to_come_says_so_and_can_be_compared():
    page = read("/policy/versions/4/")
    assert "This version is not in force yet" in page
    assert 'content="noindex"' in page
    assert "What changed from version 3" in page
    listed = read("/policy/versions/")
    assert ">to come</span>" in listed
    assert "everybody is asked to agree from that day on" in listed
    assert "From version 3 to version 4." in read("/policy/changes/4/")
    assert Client().get("/policy/changes/")["Location"] == "/policy/changes/3/"
    assert "Of tomorrow." not in read("/policy/")


def test_the_list_says_which_is_in_force_from_when_to_when_and_how_it_began():
    page = read("/policy/versions/")
    assert "in force since 1 March 2026 · everybody was told" in page
    assert "in force from 10 June 2025 to 1 March 2026 · everybody was asked to agree" in page
    assert "in force from 5 January 2024 to 10 June 2025 · the first one" in page
    assert page.count(">in force</span>") == 1


def test_the_seal_is_the_digest_that_agreements_are_kept_with():
    rose = factories.make_member("rose")
    version = PolicyVersion.objects.get(number="3")
    digest = agree(rose, version).text_digest
    assert digest == hashlib.sha256(version.body.encode()).hexdigest()
    for address in ("/policy/", "/policy/versions/", "/policy/versions/3/"):
        assert digest in read(address)
        assert version.digest in read(address)


def test_an_old_version_says_that_it_is_not_in_force_and_is_kept_from_search_engines():
    page = read("/policy/versions/2/")
    assert "This version is not in force any more" in page
    assert "It held until 1 March 2026" in page
    assert 'content="noindex"' in page
    assert "Because of 2." in page
    for address in ("/policy/", "/policy/versions/3/"):
        assert "not in force any more" not in read(address)
        assert 'content="noindex"' not in read(address)


def test_a_member_reads_when_they_agreed_and_nobody_else_does():
    rose = factories.make_member("rose")
    agree(rose, PolicyVersion.objects.get(number="2"))
    assert "you agreed on" in read("/policy/versions/2/", rose)
    assert "you agreed on" not in read("/policy/versions/3/", rose)
    assert "you agreed on" not in read("/policy/versions/2/")
    assert "you agreed on" not in read("/policy/versions/2/", factories.make_member("fern"))


@pytest.mark.parametrize(
    "address", ["/policy/", "/policy/versions/", "/policy/versions/1/", "/policy/changes/3/?from=1"]
)
def test_more_versions_cost_no_more_queries(address: str):
    browser = Client()
    browser.get(address)
    with CaptureQueriesContext(connection) as few:
        browser.get(address)
    for number in range(5):
        publish(f"0.{number}", "Long ago.", DAYS["1"] - timedelta(days=number + 1))
    with CaptureQueriesContext(connection) as many:
        browser.get(address)
    assert len(few) == len(many) == 1


def test_without_a_version_there_is_nothing_to_read():
    PolicyVersion.objects.all().delete()
    assert Client().get("/policy/").status_code == 404
    assert Client().get("/policy/versions/").status_code == 200
