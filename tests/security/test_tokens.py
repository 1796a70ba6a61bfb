"""Links that are mailed: what is stored of them, and how often they open."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts import housekeeping
from security import tokens
from security.models import Token
from security.tokens import RESET_PASSWORD, VERIFY_EMAIL
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def rose():
    return factories.make_member("rose")


def test_a_token_is_found_as_often_as_one_likes_and_redeemed_once(rose):
    token = tokens.issue(rose, VERIFY_EMAIL)
    assert [tokens.find(token, VERIFY_EMAIL) for _ in range(2)] == [rose, rose]
    assert tokens.redeem(token, VERIFY_EMAIL) == rose
    assert tokens.redeem(token, VERIFY_EMAIL) is None
    assert tokens.find(token, VERIFY_EMAIL) is None


def test_a_token_opens_the_door_it_was_made_for(rose):
    token = tokens.issue(rose, VERIFY_EMAIL)
    assert tokens.redeem(token, RESET_PASSWORD) is None
    assert tokens.find(token, RESET_PASSWORD) is None
    assert tokens.redeem(token, VERIFY_EMAIL) == rose


def test_a_new_token_ends_the_earlier_one_of_its_purpose_and_no_other(rose):
    moss = factories.make_member("moss")
    first, other, neighbours = (
        tokens.issue(rose, VERIFY_EMAIL),
        tokens.issue(rose, RESET_PASSWORD),
        tokens.issue(moss, VERIFY_EMAIL),
    )
    second = tokens.issue(rose, VERIFY_EMAIL)
    assert tokens.find(first, VERIFY_EMAIL) is None
    assert tokens.find(second, VERIFY_EMAIL) == rose
    assert tokens.find(other, RESET_PASSWORD) == rose
    assert tokens.find(neighbours, VERIFY_EMAIL) == moss


@pytest.mark.parametrize(
    ("purpose", "lasts"), [(VERIFY_EMAIL, timedelta(days=7)), (RESET_PASSWORD, timedelta(hours=2))]
)
def test_a_token_lasts_as_long_as_its_purpose_says(rose, purpose, lasts):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        token = tokens.issue(rose, purpose)
    with time_machine.travel(now + lasts - timedelta(seconds=1), tick=False):
        assert tokens.find(token, purpose) == rose
    with time_machine.travel(now + lasts, tick=False):
        assert tokens.find(token, purpose) is None
        assert tokens.redeem(token, purpose) is None
        housekeeping.purge_expired()
    assert not Token.objects.exists()


def test_a_copy_of_the_table_opens_nothing(rose):
    token = tokens.issue(rose, RESET_PASSWORD)
    assert len(token) >= 43  # 256 bits in base64
    [row] = Token.objects.values()
    assert token not in repr(row)
    for stolen in (row["digest"], row["digest"].upper(), str(row["member_id"]), ""):
        assert tokens.redeem(stolen, RESET_PASSWORD) is None
        assert Client().get(f"/password/reset/{stolen or '-'}/").status_code == 410
    assert tokens.find(token, RESET_PASSWORD) == rose


@pytest.mark.parametrize("nonsense", ["", "x", "é", "\udc80", "x" * 10_000, "' OR 1=1 --"])
def test_nonsense_is_no_token(rose, nonsense):
    assert tokens.find(nonsense, VERIFY_EMAIL) is None
    assert tokens.redeem(nonsense, VERIFY_EMAIL) is None


@pytest.mark.postgres  # SQLite lets one writer in at a time anyway
@pytest.mark.django_db(transaction=True)
def test_of_several_who_redeem_at_once_one_wins(rose, monkeypatch):
    token = tokens.issue(rose, VERIFY_EMAIL)
    all_have_found_it, won, find = threading.Barrier(4), [], tokens.find

    def find_together(*wanted):
        found = find(*wanted)
        all_have_found_it.wait(10)
        return found

    monkeypatch.setattr(tokens, "find", find_together)

    def redeem():
        won.append(tokens.redeem(token, VERIFY_EMAIL))
        connections.close_all()

    threads = [threading.Thread(target=redeem) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won, key=bool) == [None, None, None, rose]
