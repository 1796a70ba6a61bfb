"""The policy that an installation starts with."""

import re

import pytest

from privacy.models import PolicyVersion
from privacy.policy import agree
from privacy.policy.clauses import clauses_of
from privacy.policy.first import ensure_first_policy, first_policy_text, retract_untouched_first_policy
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def test_it_has_every_clause_in_order():
    assert re.findall(r"^## ([a-z])\. ", first_policy_text(), re.MULTILINE) == list("abcdefghijklmn")
    _preamble, clauses = clauses_of(first_policy_text())
    assert [clause.mark for clause in clauses] == [*"abcdefghijklmn", ""]


@pytest.mark.parametrize(
    "words",
    [
        "taken to have accepted them",
        "everyone*, on the internet and signed in or not",
        "unauthorised",
        "Nobody under 13",
        "for 14 days you can change your mind",
        "within 24 hours",
        "at least 30 days before",
        "at most 12 months",
        "not liable",
        "We do not sell",
        "can be wrong",
    ],
)
def test_it_says_what_members_have_to_know(words):
    assert words.casefold() in first_policy_text().casefold()


def test_it_is_published_once():
    PolicyVersion.objects.all().delete()
    assert ensure_first_policy().number == "1"
    assert ensure_first_policy() is None
    assert PolicyVersion.objects.count() == 1


def test_it_stays_once_somebody_has_agreed_to_it():
    PolicyVersion.objects.all().delete()
    agree(make_member("rose"), ensure_first_policy())
    retract_untouched_first_policy()
    assert PolicyVersion.objects.exists()
