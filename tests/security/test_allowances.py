"""Allowances: how often something may be tried, counted in rows that name nobody."""

import hashlib
import json
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from security import housekeeping
from security.allowances import Limit, Share, Throttled, give_all_back, give_back, left, take, take_all
from security.models import Allowance

pytestmark = pytest.mark.django_db
THREE_A_MINUTE_APART = Limit("tries", 3, timedelta(minutes=1))


def taken(limit, *whose):
    """Take until nothing is left; return how many there were."""
    count = 0
    while take(limit, *whose) is None:
        count += 1
    return count


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


@pytest.mark.promise("N1")
def test_so_many_at_once_and_then_one_every_so_often(clock):
    assert [take(THREE_A_MINUTE_APART, "rose") for _ in range(3)] == [None] * 3
    assert take(THREE_A_MINUTE_APART, "rose") == timedelta(minutes=1)
    clock.shift(timedelta(seconds=59))
    assert take(THREE_A_MINUTE_APART, "rose") == timedelta(seconds=1)
    clock.shift(timedelta(seconds=1))
    assert taken(THREE_A_MINUTE_APART, "rose") == 1
    clock.shift(timedelta(minutes=2))
    assert taken(THREE_A_MINUTE_APART, "rose") == 2
    clock.shift(timedelta(days=400))
    assert taken(THREE_A_MINUTE_APART, "rose") == 3


def test_who_is_refused_waits_no_longer_for_trying_on(clock):
    taken(THREE_A_MINUTE_APART, "rose")
    assert {take(THREE_A_MINUTE_APART, "rose") for _ in range(50)} == {timedelta(minutes=1)}


def test_each_limit_and_each_person_counts_alone(clock):
    other = Limit("codes", 3, timedelta(minutes=1))
    assert taken(THREE_A_MINUTE_APART, "rose") == 3
    assert taken(THREE_A_MINUTE_APART, "fern") == taken(other, "rose") == 3
    # However the parts are cut, they are not the same.
    assert taken(THREE_A_MINUTE_APART, "rose", "fern") == taken(THREE_A_MINUTE_APART, "rose fern") == 3
    assert taken(Limit("tries rose", 3, timedelta(minutes=1))) == 3


@pytest.mark.promise("N1")
@pytest.mark.parametrize("typed", ["ROSE@example.org", "\uff52\uff4f\uff53\uff45@example.org", " rose@EXAMPLE.org "])
def test_an_address_typed_otherwise_is_the_same_address(clock, typed):
    taken(THREE_A_MINUTE_APART, "rose@example.org")
    assert taken(THREE_A_MINUTE_APART, typed) == 0


def test_what_turned_out_not_to_count_can_be_given_back(clock):
    assert taken(THREE_A_MINUTE_APART, "rose") == 3
    give_back(THREE_A_MINUTE_APART, "rose")
    assert taken(THREE_A_MINUTE_APART, "rose") == 1
    give_back(THREE_A_MINUTE_APART, "nobody")
    assert Allowance.objects.count() == 1


def test_giving_back_makes_nobody_richer(clock):
    take(THREE_A_MINUTE_APART, "rose")
    for _ in range(9):
        give_back(THREE_A_MINUTE_APART, "rose")
    assert taken(THREE_A_MINUTE_APART, "rose") == 3


def test_how_many_are_left_is_known(clock):
    seen = [left(THREE_A_MINUTE_APART, "rose")]
    for _ in range(4):
        take(THREE_A_MINUTE_APART, "rose")
        seen.append(left(THREE_A_MINUTE_APART, "rose"))
    assert seen == [3, 2, 1, 0, 0]
    clock.shift(timedelta(seconds=61))
    assert left(THREE_A_MINUTE_APART, "rose") == 1
    clock.shift(timedelta(days=1))
    assert left(THREE_A_MINUTE_APART, "rose") == 3


def test_of_several_the_first_that_is_used_up_refuses_and_says_which_it_was(clock):
    narrow, wide = Share(THREE_A_MINUTE_APART, ("narrow",)), Share(Limit("tries", 9, timedelta(minutes=1)), ("wide",))
    for _ in range(3):
        take_all(wide, narrow)
    with pytest.raises(Throttled) as refused:
        take_all(wide, narrow)
    assert (refused.value.share, refused.value.wait) == (narrow, timedelta(minutes=1))
    give_all_back(wide, narrow)
    take_all(wide, narrow)


@pytest.mark.promise("K2")
@pytest.mark.promise("N1")
def test_nothing_that_is_stored_can_be_read(clock):
    take(THREE_A_MINUTE_APART, "rose@example.org", "192.0.2.0/24")
    [row] = Allowance.objects.values()
    assert set(row) == {"digest", "full_at"}
    assert len(bytes(row["digest"])) == 32
    assert b"rose" not in bytes(row["digest"])
    # Who has the table and guesses what is in it gets on with the key of the ring alone.
    guesses = [json.dumps(["tries", "rose@example.org", "192.0.2.0/24"]), "rose@example.org", "192.0.2.0/24"]
    assert bytes(row["digest"]) not in {hashlib.sha256(guess.encode()).digest() for guess in guesses}


def test_a_row_goes_when_it_says_nothing_any_more(clock):
    take(THREE_A_MINUTE_APART, "rose")
    clock.shift(timedelta(seconds=59))
    assert housekeeping.purge_expired(timezone.now())["allowances"] == 0
    clock.shift(timedelta(seconds=1))
    assert housekeeping.purge_expired(timezone.now())["allowances"] == 1
    assert taken(THREE_A_MINUTE_APART, "rose") == 3


def test_housekeeping_between_two_statements_does_no_harm(clock, monkeypatch):
    """The row that was just there is gone when it is to be locked."""
    lock, looked = Allowance.objects.select_for_update, []

    def swept_up_first(*args, **options):
        if not looked:
            Allowance.objects.all().delete()
        looked.append(1)
        return lock(*args, **options)

    monkeypatch.setattr(Allowance.objects, "select_for_update", swept_up_first)
    assert take(THREE_A_MINUTE_APART, "rose") is None
    assert len(looked) == 2


def test_load_tests_switch_limits_off(clock, settings):
    settings.LIMITS = False
    assert [take(THREE_A_MINUTE_APART, "rose") for _ in range(9)] == [None] * 9
    assert not Allowance.objects.exists()


@pytest.mark.promise("N1")
@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_no_more_than_one_after_another():
    ready, granted = threading.Barrier(12), []
    ten = Limit("tries", 10, timedelta(hours=1))

    def try_three_times():
        ready.wait(20)
        granted.extend(take(ten, "rose") is None for _ in range(3))
        connections.close_all()

    threads = [threading.Thread(target=try_three_times) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 36
    assert sum(granted) == 10
