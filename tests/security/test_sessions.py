"""Sessions: what the database knows of them, and how they end."""

import asyncio
import uuid
from datetime import timedelta

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.utils import timezone

from accounts import housekeeping
from security.models import Session, SignIn
from security.sessions import SessionStore, digest, end_sessions
from tests import factories

pytestmark = pytest.mark.django_db
PRIVATE = "/settings/privacy/"


@pytest.fixture
def rose():
    return factories.make_member("rose")


def signed_in(member):
    browser = Client()
    browser.force_login(member)
    return browser


def is_in(browser):
    return browser.get(PRIVATE).status_code == 200


def test_a_copy_of_the_table_signs_in_nowhere(rose):
    browser = signed_in(rose)
    key = browser.cookies["session"].value
    [row] = Session.objects.values()
    assert key not in repr(row)
    assert row["session_key"] == digest(key)
    for stolen in (row["session_key"], row["session_key"][:32], row["session_data"]):
        thief = Client()
        thief.cookies["session"] = stolen
        assert not is_in(thief)
    assert is_in(browser)


def test_a_session_says_whose_it_is(rose):
    browser = signed_in(rose)
    assert Session.objects.get().member == rose
    browser.logout()
    assert not Session.objects.exists()


def test_a_key_is_longer_than_128_bits_and_another_each_time(rose):
    keys = {signed_in(rose).cookies["session"].value for _ in range(5)}
    assert len(keys) == 5
    assert {len(key) for key in keys} == {32}  # of 36 characters: 165 bits


@pytest.mark.promise("N2")
def test_all_sessions_end_but_the_one_that_is_named(rose):
    moss = factories.make_member("moss")
    here, there, neighbour = signed_in(rose), signed_in(rose), signed_in(moss)
    assert end_sessions(rose, except_key=here.cookies["session"].value) == 1
    assert [is_in(each) for each in (here, there, neighbour)] == [True, False, True]
    end_sessions(rose)
    assert [is_in(each) for each in (here, there, neighbour)] == [False, False, True]


def test_sessions_go_with_their_member(rose):
    signed_in(rose)
    rose.delete()
    assert not Session.objects.exists()


@pytest.mark.promise("B3")
def test_a_session_ends_by_the_clock_and_is_swept_up(rose):
    browser = signed_in(rose)
    with time_machine.travel(timezone.now() + timedelta(days=30, minutes=1)):
        assert not is_in(browser)
        assert housekeeping.purge_expired()["sessions"] == 1
    assert not Session.objects.exists()


def test_an_ended_session_does_not_come_back_by_being_saved(rose):
    browser = signed_in(rose)
    open_elsewhere = SessionStore(browser.cookies["session"].value)
    open_elsewhere["visited"] = True
    end_sessions(rose)
    with pytest.raises(UpdateError):
        open_elsewhere.save()
    assert not Session.objects.exists()


def test_the_engine_keeps_loads_cycles_and_flushes():
    store = SessionStore()
    store["circle"] = "family"
    store.save()
    key = store.session_key
    assert store.exists(key)
    assert SessionStore(key)["circle"] == "family"
    store.cycle_key()
    store.save()
    assert store.session_key != key
    assert not store.exists(key)
    assert SessionStore(store.session_key)["circle"] == "family"
    store.flush()
    assert store.session_key is None
    assert not Session.objects.exists()


def test_an_unknown_key_is_not_adopted():
    store = SessionStore("k" * 32)
    assert store.get("circle") is None
    assert store.session_key is None


def test_expired_rows_are_cleared_by_the_engine_too():
    store = SessionStore()
    store.set_expiry(timedelta(seconds=-1))
    store.save()
    SessionStore.clear_expired()
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_engine_does_all_of_it_asynchronously():
    async def live():
        store = SessionStore()
        await store.aset("circle", "family")
        await store.asave()
        key = store.session_key
        assert await store.aexists(key)
        assert await SessionStore(key).aget("circle") == "family"
        await store.acycle_key()
        await store.asave()
        assert not await store.aexists(key)
        assert await SessionStore(key).aget("circle") is None
        assert await SessionStore(store.session_key).aget("circle") == "family"
        assert await Session.objects.filter(session_key=digest(store.session_key)).acount() == 1
        await store.aflush()
        assert await Session.objects.acount() == 0
        await sync_to_async(connections.close_all)()  # those of the thread that served us

    asyncio.run(live())


# --- ended in the middle of a request -----------------------------------------------------------------------------
@pytest.mark.promise("N2")
@pytest.mark.parametrize(
    ("where", "typed"),
    [
        ("/sign-in/again/", {"password": factories.PASSWORD, "next": "/"}),
        ("/settings/security/codes/", {}),
        ("/password/change/", {"old_password": factories.PASSWORD, "new_password": "barley under the bells"}),
    ],
)
def test_a_session_that_is_ended_while_its_key_is_changed_does_not_come_back_and_nothing_hangs(
    rose, monkeypatch, where, typed
):
    browser = Client()
    browser.post("/sign-in/", {"email": rose.email, "password": factories.PASSWORD})
    app = factories.add_app(rose)
    factories.sign_in(browser, rose, verified=True)
    session = browser.session
    session["sign-in"] = str(SignIn.objects.create(member=rose).pk)
    session.save()
    renewing = SessionStore.cycle_key

    def ended_first(store):
        end_sessions(rose)
        renewing(store)

    monkeypatch.setattr(SessionStore, "cycle_key", ended_first)
    assert browser.post(where, typed).status_code == 400
    assert not Session.objects.filter(member=rose).exists()
    monkeypatch.undo()
    assert not is_in(browser)
    assert app.pk


def test_a_row_that_cannot_be_written_is_no_reason_to_try_for_ever(rose):
    store = SessionStore()
    store["_auth_user_id"], store["sign-in"] = str(rose.pk), str(uuid.uuid4())

    def create():
        with transaction.atomic():
            store.create()
            connection.check_constraints()  # SQLite looks at the end

    with pytest.raises((SessionInterrupted, IntegrityError)):
        create()


def test_a_key_is_changed_in_place(rose):
    browser = signed_in(rose)
    store = SessionStore(browser.cookies["session"].value)
    before = Session.objects.get().pk
    store.cycle_key()
    store.save()
    assert Session.objects.get().pk == digest(store.session_key) != before
    assert not is_in(browser)
