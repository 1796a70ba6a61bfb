"""Whoever is too young is turned away, and leaves nothing behind."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.utils import timezone

from accounts import registration
from accounts.models import Member, ReservedHandle
from encryption.models import MemberKey
from privacy.defaults import defaults_in_force
from privacy.policy import policy_in_force
from security.models import Session

from . import PASSWORD, TODAY

pytestmark = pytest.mark.django_db


@pytest.mark.promise("M3")
@pytest.mark.parametrize(
    ("today", "born", "joins"),
    [
        ("2026-11-24", (24, 11, 2013), True),  # the thirteenth birthday is today
        ("2026-11-24", (25, 11, 2013), False),
        ("2026-11-24", (23, 11, 2013), True),
        ("2026-11-24", (24, 11, 2026), False),  # born today
        ("2025-02-28", (29, 2, 2012), False),  # born on a leap day: older on 1 March
        ("2025-03-01", (29, 2, 2012), True),
        ("2024-02-29", (1, 3, 2011), False),
        ("2024-02-29", (28, 2, 2011), True),
    ],
)
def test_the_minimum_age_decides_to_the_day(join, today, born, joins):
    day, month, year = map(str, born)
    with time_machine.travel(datetime.fromisoformat(today).replace(hour=12, tzinfo=UTC), tick=False):
        answer = join(day=day, month=month, year=year)
    assert answer.status_code == (HTTPStatus.FOUND if joins else HTTPStatus.FORBIDDEN)
    assert Member.objects.exists() is joins


@pytest.mark.promise("M3")
def test_no_way_of_joining_takes_a_child():
    born, version = timezone.localdate(), policy_in_force()
    child = registration.Application("bud", "bud@example.org", PASSWORD, born, defaults_in_force(), version)
    with pytest.raises(registration.TooYoung):
        registration.join(child)
    assert not Member.objects.exists()
    assert "example.org" not in repr(child)


CHILD = {"year": "2020"}


@pytest.mark.promise("M3")
@time_machine.travel(TODAY, tick=False)
def test_a_child_leaves_nothing_behind(join, mailoutbox):
    keys = MemberKey.objects.count()
    answer = join(**CHILD)
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "for people from 13 on" in answer.content.decode()
    assert [model.objects.count() for model in (Member, ReservedHandle, Session)] == [0, 0, 0]
    assert not mailoutbox
    assert MemberKey.objects.count() == keys


@pytest.mark.promise("M3")
@time_machine.travel(TODAY, tick=False)
def test_another_date_from_the_same_browser_does_not_help(join, visitor):
    turned_away = join(visitor, **CHILD)
    for answer in (join(visitor), visitor.get("/join/"), join(visitor, handle="x"), visitor.get("/join/?again")):
        assert (answer.status_code, answer.content) == (HTTPStatus.FORBIDDEN, turned_away.content)
    assert not Member.objects.exists()
    assert join().status_code == HTTPStatus.FOUND  # another browser


@pytest.mark.promise("M3")
@time_machine.travel(TODAY, tick=False)
def test_a_child_is_turned_away_whatever_else_is_wrong(join):
    assert join(handle="", email="", password="", agree=None, **CHILD).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.promise("M3")
def test_the_browser_remembers_for_months_without_a_birth_date(join, visitor):
    with time_machine.travel(TODAY, tick=False):
        cookie = join(visitor, **CHILD).cookies["not-yet"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == timedelta(days=180).total_seconds()
    assert cookie.value.split(":")[0] == "1"
    with time_machine.travel(TODAY + timedelta(days=179), tick=False):
        assert visitor.get("/join/").status_code == HTTPStatus.FORBIDDEN
    with time_machine.travel(TODAY + timedelta(days=181), tick=False):
        assert visitor.get("/join/").status_code == HTTPStatus.OK


def test_the_mark_of_a_child_is_bound_to_the_host_where_the_channel_is_safe(join, visitor, settings):
    settings.SECURE = True
    cookie = join(visitor, year=str(timezone.localdate().year - 5)).cookies["__Host-not-yet"]
    assert cookie["secure"]
    assert cookie["path"] == "/"
    assert not cookie["domain"]


def test_a_mark_nobody_signed_keeps_nobody_out(visitor):
    visitor.cookies["not-yet"] = "1:forged:signature"
    assert visitor.get("/join/").status_code == HTTPStatus.OK
