"""From the day of a version that asks again, who has not agreed reads the policy, leaves or signs out, and no more."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Profile
from privacy.models import PolicyAcceptance, PolicyVersion, pseudonym_of
from privacy.personal_data.policy import CLAIMS_END
from privacy.policy import agree, asking, disclaim, policy_in_force
from privacy.retention import purge
from tests import factories
from tests.test_permissions import ROUTES, address, ask, cast, methods_of, values

pytestmark = [pytest.mark.django_db, pytest.mark.promise("F1")]
__all__ = ["cast", "values"]
# Everything else is refused, whatever is built later.
OPEN_TO_ALL = {
    "accounts:cancelled",
    "accounts:email-stop",
    "accounts:email-stopped",
    "accounts:keep",
    "accounts:not-me-password",
    "accounts:sign-out",
    "admin:logout",
    "dev-mail",
    "dev-mail-html",
    "dev-mails",
    "gpc-json",
    "healthz",
    "notifications:unsubscribe",
    "privacy:certificate-key",
    "privacy:verify-certificate",
    "readyz",
    "robots",
    "security-txt",
    "security:not-me",
    "well-known-change-password",
}
POLICY = {"privacy:agree", "privacy:agreed", "privacy:policy", "privacy:policy-version", "privacy:policy-versions"}
POLICY |= {"privacy:policy-changes", "privacy:policy-changes-of", "privacy:policy-data", "privacy:kept"}
LEAVING = {
    "accounts:settings-cancel",
    "privacy:download",
    "privacy:download-ask",
    "privacy:download-delete",
    "privacy:download-get",
}
WHO_IT_IS = {
    "security:again",
    "security:again-drop",
    "security:passkey-again",
    "security:passkey-again-begin",
    "security:verify",
}


@pytest.fixture(autouse=True)
def _schedule():
    """Begin without what is known of versions: those of the test before are gone."""
    asking.forget_schedule()
    yield
    asking.forget_schedule()


@pytest.fixture
def rose():
    return factories.make_member("rose")


@pytest.fixture
def window(rose):
    agree(rose, policy_in_force())
    return factories.sign_in(Client(), rose)


def bring(number="2", mode="ask", day=None):
    version = PolicyVersion.objects.bring(number, "## a. Why\n\nBecause.", day or timezone.now(), mode)
    asking.forget_schedule()
    return version


def is_asked(window, page="/friends/"):
    answer = window.get(page)
    return answer.status_code == 302 and answer["Location"].startswith("/policy/agree/")


def test_every_page_that_is_not_named_waits(cast, values):
    open_names = OPEN_TO_ALL | POLICY | LEAVING | WHO_IT_IS
    bring()
    seen = {True: set(), False: set()}
    browsers = {staff: factories.sign_in(Client(), cast["superuser" if staff else "member"]) for staff in (True, False)}
    for name, route in ROUTES.items():
        for method in methods_of(route):
            answer = ask(browsers[name.startswith(("admin:", "/admin/"))], method, address(route, values))
            waits = answer.status_code == 302 and answer["Location"].startswith("/policy/agree/")
            seen[waits].add(name)
            assert waits is (name not in open_names), (name, method, answer.status_code)
    assert open_names - seen[False] == set()


def test_they_read_agree_and_go_on_where_they_were(window, rose):
    bring()
    asked = window.get("/people/?q=fern")
    assert asked["Location"] == "/policy/agree/?next=/people/%3Fq%3Dfern"
    page = window.get(asked["Location"]).content.decode()
    assert "I have read version 2 and agree to it" in page
    assert window.get("/policy/").status_code == window.get("/settings/cancel/", follow=True).status_code == 200
    answer = window.post("/policy/agree/", {"agree": "on", "policy": "2", "next": "/people/?q=fern"})
    assert answer["Location"] == "/people/?q=fern"
    assert not is_asked(window)
    evidence = PolicyAcceptance.objects.get(member=rose, version__number="2")
    assert (evidence.language, len(evidence.text_digest)) == ("en-gb", 64)
    assert "Version 2" in window.get("/policy/agreed/").content.decode()


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"policy": "2"}, "Tick this if you agree."),
        ({"agree": "on", "policy": "1"}, "Version 2 came into force while you were here."),
        ({"agree": "on"}, "Version 2 came into force while you were here."),
    ],
)
def test_nobody_agrees_by_accident_or_to_something_else(window, rose, sent, error):
    bring()
    answer = window.post("/policy/agree/", sent)
    assert answer.status_code == 422
    assert error in answer.content.decode()
    assert not PolicyAcceptance.objects.filter(member=rose, version__number="2").exists()
    assert is_asked(window)


def test_it_is_asked_from_the_very_second_in_sessions_that_are_open(window):
    day = timezone.now() + timedelta(hours=1)
    bring(day=day)
    assert not is_asked(window)
    with time_machine.travel(day - timedelta(seconds=1), tick=False):
        assert not is_asked(window)
    with time_machine.travel(day, tick=False):
        assert is_asked(window)


@pytest.mark.parametrize(
    ("versions", "agreed_to", "expected"),
    [
        (["tell"], None, False),
        (["ask"], None, True),
        (["ask"], 0, False),
        (["ask", "tell"], None, True),
        (["ask", "tell"], 0, False),
        (["ask", "tell"], 1, False),
        (["tell", "ask"], 0, True),
        (["ask", "ask"], 0, True),
        (["ask", "ask"], 1, False),
        (["tell", "tell"], None, False),
    ],
)
def test_who_is_asked(window, rose, versions, agreed_to, expected):
    now = timezone.now()
    made = [bring(f"v{number}", mode, now + timedelta(milliseconds=number)) for number, mode in enumerate(versions)]
    with time_machine.travel(now + timedelta(seconds=1)):
        if agreed_to is not None:
            agree(rose, made[agreed_to])
        assert is_asked(window) is expected


def test_what_was_sent_meanwhile_goes_on_once_they_have_agreed(window, rose):
    bring()
    asked = window.post("/settings/profile/", {"bio": "I grow beans."})
    assert asked["Location"].startswith("/policy/agree/?next=/settings/profile/")
    page = window.get(asked["Location"])
    assert "sent in this browser" in page.content.decode()  # nothing goes on that is not named
    where = page.context["next"]
    window.post("/policy/agree/", {"agree": "on", "policy": "2", "next": where})
    assert window.get(where).status_code in (200, 302, 422)
    assert Profile.objects.with_keys().get(pk=rose.pk).bio == "I grow beans."
    Profile.objects.filter(pk=rose.pk).update(bio=None)
    window.get(where)
    assert Profile.objects.with_keys().get(pk=rose.pk).bio is None  # once


def test_no_address_of_somebody_else_is_gone_on_to(window):
    bring()
    answer = window.post("/policy/agree/", {"agree": "on", "policy": "2", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_who_joins_under_it_is_not_asked():
    bring()
    moss = factories.make_member("moss")
    agree(moss, policy_in_force())
    assert not is_asked(factories.sign_in(Client(), moss))


def test_visitors_read_everything_they_could_before():
    bring()
    assert Client().get("/").status_code == 200
    assert Client().get("/people/").status_code in (200, 302)


def test_nothing_is_asked_of_the_database_while_nothing_is_asked_of_members(window):
    window.get("/friends/")

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            window.get("/friends/")
        return [query["sql"] for query in queries if "privacy_policy" in query["sql"]]

    assert cost() == []
    agree(member_of(window), bring())
    window.get("/friends/")
    assert cost() == []  # the session knows


def member_of(window):
    return factories.Member.objects.get(pk=window.session["_auth_user_id"])


@pytest.mark.promise("D4")
def test_what_was_agreed_to_outlives_the_account_without_saying_whose_it_was(rose):
    evidence = agree(rose, policy_in_force())
    rose.delete()
    kept = PolicyAcceptance.objects.get(pk=evidence.pk)
    assert (kept.member, kept.accepted_at, kept.text_digest) == (None, evidence.accepted_at, evidence.text_digest)
    assert purge(kept.left_at + CLAIMS_END - timedelta(seconds=1)) == {}
    assert purge(kept.left_at + CLAIMS_END) == {"privacy.PolicyAcceptance": 1}
    assert abs(kept.left_at - timezone.now()) < timedelta(seconds=30)
    assert bytes(kept.pseudonym) == pseudonym_of("rose")


@pytest.mark.promise("M3")
def test_of_an_account_that_never_came_to_be_nothing_is_kept(rose):
    agree(rose, policy_in_force())
    disclaim(rose)
    rose.delete()
    assert not PolicyAcceptance.objects.exists()


CHANGES = {
    "time": {"accepted_at": timezone.now() - timedelta(days=400)},
    "text": {"text_digest": "0" * 64},
    "language": {"language": "de"},
    "who": {"pseudonym": b"x" * 32},
    "when the account went": {"left_at": timezone.now()},
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_agreement_is_changed_afterwards(rose, change):
    agree(rose, policy_in_force())
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyAcceptance.objects.update(**CHANGES[change])
