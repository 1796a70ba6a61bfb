"""The form of joining: what is asked and why, what is agreed to, and what is refused with a reason."""

import re
from http import HTTPStatus

import pytest
import time_machine
from django.utils import timezone
from django.utils.html import escape

from accounts.models import Member
from catalogue.registry import personal_data_of
from privacy.fields import bearers
from privacy.models import PolicyAcceptance, PolicyVersion
from privacy.policy import policy_in_force

from . import PASSWORD, TODAY

pytestmark = pytest.mark.django_db


@pytest.mark.promise("A2")
def test_every_field_says_why_it_is_asked(visitor):
    page = visitor.get("/join/").content.decode()
    asked = [personal_data_of("accounts.Member").field(name) for name in ("handle", "email", "password")]
    asked += [bearer.declared for bearer in bearers().values()]
    assert [each.name for each in asked if str(escape(each.why)) not in page] == []


@pytest.mark.promise("A2")
@pytest.mark.promise("A1")
def test_joining_asks_for_nothing_that_joining_does_not_need(visitor):
    page = visitor.get("/join/").content.decode()
    names = set(re.findall(r'<(?:input|textarea|select)[^>]*\sname="([^"]+)"', page))
    audiences = {f"audience-{name}" for name in bearers()}
    assert names == audiences | {
        "csrfmiddlewaretoken", "handle", "email", "password", "day", "month", "year", "agree", "policy",
    }  # fmt: skip


@pytest.mark.promise("F1")
def test_joining_records_which_policy_was_agreed_to_and_when(join):
    with time_machine.travel(TODAY, tick=False):
        join()
    accepted = PolicyAcceptance.objects.get()
    assert accepted.member.handle == "rose"
    assert accepted.version == policy_in_force()
    assert (accepted.accepted_at, len(accepted.text_digest)) == (TODAY, 64)


@pytest.mark.promise("F1")
def test_nobody_joins_without_agreeing(join):
    answer = join(agree=None)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "agreed to its policy" in answer.content.decode()
    assert not Member.objects.exists()


@pytest.mark.promise("F1")
def test_who_read_an_older_version_is_asked_to_read_the_new_one(join):
    number = policy_in_force().number
    newer = PolicyVersion.objects.bring("99", "Anew", timezone.now())
    answer = join(policy=number)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    page = answer.content.decode()
    assert "The policy changed while you were here" in page
    assert not re.search(r'name="agree"[^>]*checked', page)
    assert join(policy="99").status_code == HTTPStatus.FOUND
    assert PolicyAcceptance.objects.get().version == newer


def test_nobody_joins_before_there_is_a_policy(visitor):
    PolicyVersion.objects.all().delete()
    assert visitor.get("/join/").status_code == HTTPStatus.SERVICE_UNAVAILABLE


@pytest.mark.promise("F2")
def test_errors_stand_by_their_field_and_keep_what_was_typed_but_the_password(join):
    answer = join(handle="Rose of Alderford", **{"audience-bio": "friends"})
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'value="rose of alderford"' in page.lower()
    assert 'value="rose@example.org"' in page
    assert PASSWORD not in page
    assert re.search(r'name="agree"[^>]*checked', page)
    assert re.search(r'name="audience-bio".*?value="friends" selected', page, re.DOTALL)
    control = re.search(r'<input[^>]*name="handle"[^>]*>', page)[0]
    assert 'aria-invalid="true"' in control
    assert 'aria-describedby="id_handle-error-1 id_handle_helptext"' in control
    assert 'id="id_handle-error-1"' in page
    assert 'id="id_handle_helptext"' in page
    assert 'class="input"' in control


@pytest.mark.promise("F2")
@pytest.mark.parametrize("changed", [{"handle": "x"}, {"agree": None}, {"audience-email": "everyone"}])
def test_a_page_with_errors_says_at_the_password_that_it_has_to_be_typed_again(join, visitor, changed):
    again = "Type your password again: we do not keep it on the page."
    assert again not in visitor.get("/join/").content.decode()
    page = join(**changed).content.decode()
    assert re.search(r'id="id_password-error-1">.*?' + re.escape(again), page, re.DOTALL)
    assert 'aria-invalid="true"' in re.search(r'<input[^>]*name="password"[^>]*>', page)[0]
    assert again not in join(password="short").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("handle", "ro", "Three characters at least."),
        ("handle", "r" * 31, "Thirty characters at most."),
        ("handle", "rosé", "Use small letters"),
        ("handle", "ro\x07se", "cannot be shown"),
        ("handle", "admin", "taken"),
        ("handle", "@Hedgerow", "taken"),
        ("email", "rose", "does not read like"),
        ("email", "rose@" + "x" * 260 + ".org", "254 characters at most"),
        ("email", "", "address to send"),
        ("password", "nine char", "9 characters. It takes 12."),
        ("password", "rose-rose-rose", "Without your handle"),
        ("password", "rose@example.org", "Without your handle"),
        ("password", "123456789012345", "a row of keys"),
        ("password", "x" * 257, "256 characters at most"),
        ("password", "beans bells\x00 and barley", None),
        ("password", "beans bells\x1b and barley", "cannot be shown"),
        ("day", "32", "no such day"),
        ("day", "one", "1 to 31"),
        ("day", "٣", "1 to 31"),
        ("month", "13", "no such day"),
        ("month", "", "1 to 12"),
        ("year", "90", "four digits"),
        ("year", "9" * 5000, "four digits"),
        ("year", "1880", "130 years ago"),
        ("year", "2199", "still to come"),
        ("policy", "x" * 2000, None),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(join, field, value, says):
    answer = join(**{field: value})
    assert HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    assert says is None or says in answer.content.decode()
    assert not Member.objects.exists()


@pytest.mark.parametrize("typed", ["@Rose", " rose ", "ROSE"])
def test_a_handle_is_taken_as_it_is_meant(join, typed):
    join(handle=typed)
    assert Member.objects.get().handle == "rose"


def test_a_day_that_does_not_exist_is_not_moved_to_one_that_does(join):
    answer = join(day="29", month="2", year="2001")
    assert "There is no such day" in answer.content.decode()
    assert not Member.objects.exists()
