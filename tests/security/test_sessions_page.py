"""Where one is signed in: what the page tells, when it was last used, and the ends of it."""

import uuid
from datetime import datetime, timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import housekeeping
from accounts.models import Member
from accounts.roles import assign_roles
from security.models import Event, Kind, Session, SignIn
from tests import factories
from tests.factories import add_app, code_of
from tests.security.walking import ELSEWHERE, PRIVATE, SAFARI, browser, is_in, sign_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N2")]
PAGE = "/settings/security/sessions/"
NOON = datetime(2026, 5, 12, 12, 0, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def rose():
    return factories.make_member("rose")


def rows(client):
    """Return what the page says of each session."""
    body = client.get(PAGE).content.decode().partition('<ul class="fold-list">')[2].partition("</ul>")[0]
    return [" ".join(each.split()) for each in body.split("<li")[1:]]


def test_own_sessions_are_listed_with_device_and_network_and_this_one_is_marked(rose):
    here = sign_in(rose)
    sign_in(rose, agent=SAFARI, network=ELSEWHERE)
    sign_in(factories.make_member("moss"), network="192.0.2.1")
    first, second = rows(here)
    assert "Firefox on Linux" in first
    assert "network 198.51.100.0/24" in first
    assert "this browser" in first
    assert "Safari on iPhone" in second
    assert "network 203.0.113.0/24" in second
    assert "this browser" not in second
    assert "192.0.2" not in first + second


def test_times_are_told_by_the_clock_of_the_reader(rose):
    Member.objects.get(pk=rose.pk)
    rose.time_zone = "Asia/Tokyo"
    rose.save(update_fields=["time_zone"])
    with time_machine.travel(NOON, tick=False):
        here = sign_in(rose)
    with time_machine.travel(NOON + timedelta(hours=14), tick=False):
        [only] = rows(here)
    assert "12 May 2026, 21:00" in only
    assert "13 May 2026, 11:00" in only


@pytest.mark.promise("B3")
def test_last_use_is_written_at_most_every_five_minutes(rose):
    with time_machine.travel(NOON, tick=False):
        here = sign_in(rose)
    seen = []
    for minutes in (1, 4.9, 5, 7, 9.9, 10, 31):
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            is_in(here)
            seen.append((SignIn.objects.get().seen_at - NOON) / timedelta(minutes=1))
    assert seen == [0, 0, 5, 5, 5, 10, 31]


def test_requests_in_between_write_and_ask_nothing_more(rose):
    here = sign_in(rose)
    is_in(here)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        is_in(here)
    assert not [query["sql"] for query in asked if "security_signin" in query["sql"]]


def test_a_cache_that_forgets_makes_no_more_writes(rose):
    with time_machine.travel(NOON, tick=False):
        here = sign_in(rose)
    with time_machine.travel(NOON + timedelta(minutes=4), tick=False):
        cache.clear()
        is_in(here)
    assert SignIn.objects.get().seen_at == NOON


def test_nothing_that_was_noticed_stands_in_the_session(rose):
    here = sign_in(rose)
    values = here.session.items()
    told = repr(dict(values))
    for noticed in ("Firefox", "Linux", "198.51.100", "rose", "@example"):
        assert noticed not in told
    raw = repr([*SignIn.objects.values_list("device", "network")])
    assert "Firefox" not in raw
    assert "198.51" not in raw


def test_one_session_ends_at_its_very_next_request_and_the_others_go_on(rose):
    here, there, third = sign_in(rose), sign_in(rose, agent=SAFARI), sign_in(rose)
    number = there.session["sign-in"]
    assert here.post(f"{PAGE}{number}/end/")["Location"] == PAGE
    assert [is_in(each) for each in (here, there, third)] == [True, False, True]
    assert not SignIn.objects.filter(pk=number).exists()
    assert Event.objects.latest("pk").kind == Kind.SESSIONS_ENDED


def test_all_others_end(rose):
    here, there, third = sign_in(rose), sign_in(rose), sign_in(rose)
    moss = sign_in(factories.make_member("moss"))
    said = text_of(here.post(f"{PAGE}end-others/", follow=True))
    assert "2 browsers are signed out" in said
    assert [is_in(each) for each in (here, there, third, moss)] == [True, False, False, True]
    assert SignIn.objects.filter(member=rose).count() == 1
    assert "nowhere else" in text_of(here.get(PAGE))


def test_nobody_ends_a_session_of_somebody_else(rose):
    here, moss = sign_in(rose), sign_in(factories.make_member("moss"))
    assert moss.post(f"{PAGE}{here.session['sign-in']}/end/").status_code == HTTPStatus.NOT_FOUND
    assert moss.post(f"{PAGE}{uuid.uuid4()}/end/").status_code == HTTPStatus.NOT_FOUND
    assert is_in(here)
    assert browser().post(f"{PAGE}end-others/")["Location"].startswith("/sign-in/")


def test_ending_this_one_is_signing_out(rose):
    here = sign_in(rose)
    assert here.post(f"{PAGE}{here.session['sign-in']}/end/")["Location"] == "/sign-in/"
    assert not Session.objects.filter(member=rose).exists()
    assert not SignIn.objects.exists()


@pytest.mark.promise("B3")
def test_signing_out_forgets_what_was_noticed(rose):
    sign_in(rose).post("/sign-out/")
    assert not SignIn.objects.exists()


@pytest.mark.promise("B3")
def test_a_session_that_ran_out_takes_along_what_was_noticed(rose):
    sign_in(rose)
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        housekeeping.purge_expired()
    assert not Session.objects.exists()
    assert not SignIn.objects.exists()


@pytest.mark.promise("B3")
def test_a_sign_in_of_this_very_moment_waits_for_its_session(rose):
    SignIn.objects.create(member=rose)
    housekeeping.purge_expired()
    assert SignIn.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        housekeeping.purge_expired()
    assert not SignIn.objects.exists()


# --- the key of a session changes with what it opens
@pytest.mark.promise("K3")
def test_signing_in_changes_the_key_and_the_old_one_is_dead(rose):
    client = browser()
    client.get("/sign-in/")
    session = client.session
    session["visited"] = True
    session.save()
    client.cookies["session"] = planted = session.session_key
    sign_in(rose, client)
    assert client.cookies["session"].value != planted
    thief = browser()
    thief.cookies["session"] = planted
    assert not is_in(thief)


@pytest.mark.promise("K3")
def test_changing_the_password_changes_the_key_and_the_old_one_is_dead(rose):
    here = sign_in(rose)
    old = here.cookies["session"].value
    here.post("/password/change/", {"new_password": "barley under the bells"})
    assert here.cookies["session"].value != old
    assert is_in(here)
    assert len(rows(here)) == 1
    thief = browser()
    thief.cookies["session"] = old
    assert not is_in(thief)


@pytest.mark.promise("K3")
def test_a_fresh_sign_in_changes_the_key_and_keeps_what_was_noticed(rose):
    here = sign_in(rose)
    old, number = here.cookies["session"].value, here.session["sign-in"]
    factories.let_time_pass(here)
    here.post("/sign-in/again/", {"password": factories.PASSWORD, "next": PAGE})
    assert here.cookies["session"].value != old
    assert "Firefox on Linux" in rows(here)[0]
    assert here.session["sign-in"] == number
    thief = browser()
    thief.cookies["session"] = old
    assert not is_in(thief)


@pytest.mark.promise("K3")
def test_who_is_suspended_is_out_at_the_next_request(rose):
    here = sign_in(rose)
    Member.objects.filter(pk=rose.pk).update(is_active=False)
    assert not is_in(here)


@pytest.mark.promise("K3")
def test_the_second_step_changes_the_key_and_the_one_on_the_way_is_dead(rose):
    app = add_app(rose)
    here = browser()
    sign_in(rose, here)
    on_the_way = here.cookies["session"].value
    here.post("/sign-in/verify/", {"code": code_of(app)})
    assert here.cookies["session"].value != on_the_way
    assert is_in(here)
    thief = browser()
    thief.cookies["session"] = on_the_way
    assert not is_in(thief)


@pytest.mark.promise("K3")
@pytest.mark.parametrize(("before", "after"), [([], ["support"]), (["support", "legal"], ["legal"])])
def test_other_roles_end_what_was_signed_in_under_the_earlier_ones(rose, before, after):
    if before:
        assign_roles(rose, before)
    here = browser()
    factories.sign_in_freshly(rose, here)
    moss = sign_in(factories.make_member("moss"))
    assign_roles(rose, after)
    assert not Session.objects.filter(member=rose).exists()
    assert here.get(PRIVATE)["Location"].startswith("/sign-in/")
    assert is_in(moss)


@pytest.mark.promise("K3")
def test_a_second_step_that_goes_ends_every_other_session(rose):
    app = add_app(rose)
    here, there = browser(), browser(agent=SAFARI)
    factories.sign_in_freshly(rose, there)
    sign_in(rose, here).post("/sign-in/verify/", {"code": code_of(app)})
    here.post(f"/settings/security/steps/app/{app.pk}/remove/")
    assert [is_in(each) for each in (here, there)] == [True, False]
