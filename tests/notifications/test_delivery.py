"""From the outbox to a mail server, whatever that server does."""

import re
import socket
import threading
import time
from contextlib import suppress as ignoring
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Member
from accounts.notices import RESET_PASSWORD
from notifications import delivery, looking, preparing
from notifications.channels import smtp
from notifications.channels.kinds import EVERYWHERE, Channel
from notifications.delivery import LEASE, deliver
from notifications.housekeeping import purge_expired
from notifications.letters import Writer
from notifications.looking import Looks
from notifications.models import OPEN, Notification, RestingDomain, State, Suppression
from notifications.notices import Category
from notifications.outcomes import Outcome, Result
from notifications.preferences import choose
from notifications.sending import notify, notify_many
from notifications.settling import settle
from notifications.suppression import suppress
from security.notices import SECURITY_ALERT
from tests import factories
from tests.killing import Killed

from .conftest import row_to

pytestmark = [pytest.mark.django_db, pytest.mark.promise("F5")]
ALWAYS = [category for category in Category if category.is_always_sent]


def reset(member, **more):
    notify(RESET_PASSWORD, member, token="abc", hours=1, **more)


def later(seconds):
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=True)


# --- what is written down -----------------------------------------------------------------------------------------
def test_a_notice_is_a_row_until_it_leaves_and_then_forgets_what_it_was_filled_with(rose, sink):
    reset(rose)
    row = row_to(rose)
    assert (row.state, row.parameters["token"], row.address) == (State.QUEUED, "abc", rose.email)
    assert deliver() == 1
    row = row_to(rose)
    assert (row.state, row.parameters, row.address, row.attempts) == (State.SENT, None, None, 1)
    [mail] = sink.taken
    assert (mail["To"], mail["X-To"], mail["Auto-Submitted"]) == (rose.email, rose.email, "auto-generated")
    assert "abc" in mail.get_payload(0).get_payload()


def test_what_is_rolled_back_is_told_to_nobody(rose, sink):
    with transaction.atomic():
        reset(rose)
        transaction.set_rollback(True)
    assert deliver() == 0
    assert not sink.taken


def test_the_same_occasion_is_told_once(rose, sink):
    for _turn in range(2):
        reset(rose, occasion="policy-7")
    reset(factories.make_member("fern"), occasion="policy-7")
    deliver()
    reset(rose, occasion="policy-7")
    deliver()
    assert sorted(mail["X-To"] for mail in sink.taken) == ["fern@example.org", "rose@example.org"]


@pytest.mark.parametrize("value", [b"bytes", 1.5, ["list"], object()])
def test_what_a_row_could_not_give_back_is_refused_at_once(rose, value):
    with pytest.raises(TypeError):
        reset(rose, odd=value)
    assert not Notification.objects.exists()


# --- what the server does -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("domain", "state", "reason"),
    [
        ("example.org", State.SENT, ""),
        ("busy.example", State.DEFERRED, "421"),
        ("later.example", State.DEFERRED, "450"),
        ("grey.example", State.DEFERRED, "450"),
        ("gone.example", State.UNREACHABLE, "550"),
        ("policy.example", State.FAILED, "550"),
        ("never.example", State.FAILED, "554"),
        ("spam.example", State.FAILED, "554"),
        ("hangs.example", State.DEFERRED, "SMTPServerDisconnected"),
        ("drops.example", State.DEFERRED, "SMTPServerDisconnected"),
    ],
)
def test_each_row_ends_where_it_should_and_nobody_else_is_held_up(rose, sink, caplog, domain, state, reason, together):
    sink.takes_together = together
    before = factories.make_member("before")
    bad = factories.make_member("bad", email=f"bad@{domain}")
    for member in (before, bad, rose):
        reset(member)
    deliver()
    row = row_to(bad)
    assert (row.state, row.reason, row.attempts) == (state, reason, 1)
    assert {row_to(member).state for member in (before, rose)} == {State.SENT}
    assert (row.lease, row.lease_until) == (None, None)
    assert (row.due_at > timezone.now()) == (state == State.DEFERRED)
    assert bool(row.parameters) == (state != State.SENT)
    assert "bad@" not in caplog.text


def test_a_server_that_is_not_there_costs_nothing_but_time(rose, settings, sink):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    reset(rose)
    deliver()
    assert (row_to(rose).state, row_to(rose).reason) == (State.DEFERRED, "ConnectionRefusedError")
    settings.EMAIL_PORT = port
    assert deliver() == 0  # not before its time
    with later(60):
        deliver()
    assert row_to(rose).state == State.SENT


def test_a_greylisted_address_is_written_to_a_while_later(sink):
    grey = factories.make_member("grey", email="grey@grey.example")
    reset(grey)
    deliver()
    with later(60):
        deliver()
    assert (row_to(grey).state, row_to(grey).attempts, len(sink.taken)) == (State.SENT, 2, 1)


def test_what_cannot_be_sent_for_three_days_is_given_up_and_can_still_be_tried_by_hand(sink):
    slow = factories.make_member("slow", email="slow@later.example")
    reset(slow)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _hour in range(80):
            deliver()
            clock.shift(timedelta(hours=1))
    row = row_to(slow)
    assert (row.state, row.reason) == (State.FAILED, "450")
    assert row.attempts < 25
    assert row.parameters["token"] == "abc"


def test_a_domain_that_wants_no_mail_is_left_alone_and_no_other_one(rose, sink):
    busy = [factories.make_member(f"busy{number}", email=f"b{number}@busy.example") for number in range(3)]
    for member in (*busy, rose):
        reset(member)
    deliver()
    assert sum(count for address, count in sink.asked.items() if "busy" in address) == 1
    assert [row_to(member).state for member in busy] == [State.DEFERRED] * 3
    assert [row_to(member).reason for member in busy] == ["421", "domain rests", "domain rests"]
    assert row_to(rose).state == State.SENT
    domain = RestingDomain.objects.get()
    for minutes, refusals in ((2, 2), (8, 3)):
        with later(minutes * 60):
            deliver()
        domain.refresh_from_db()
        assert domain.refusals == refusals  # asked once each time, and later each time


def test_one_mailbox_that_is_busy_holds_up_no_other_of_its_domain(sink):
    slow, other = (factories.make_member(f"m{number}", email=f"m{number}@later.example") for number in range(2))
    for member in (slow, other):
        reset(member)
    deliver()
    assert [row_to(member).reason for member in (slow, other)] == ["450", "450"]
    assert not RestingDomain.objects.exists()


def test_a_domain_that_rested_is_forgotten(sink):
    reset(factories.make_member("busy", email="b@busy.example"))
    deliver()
    with later(2 * 24 * 3600):
        purge_expired(timezone.now())
    assert not RestingDomain.objects.exists()


@pytest.mark.promise("N1")
def test_a_dead_address_is_not_hammered(sink):
    gone = factories.make_member("gone", email="gone@gone.example")
    for _turn in range(3):
        reset(gone)
        deliver()
    assert sink.asked == {"gone@gone.example": 1}
    assert set(Notification.objects.values_list("state", flat=True)) == {State.UNREACHABLE}
    suppression = Suppression.objects.get()
    assert (suppression.reason, suppression.code) == ("bounced", "550")


@pytest.mark.parametrize(("bound", "hours"), [(True, 1), (False, 7 * 24)])
def test_a_mailbox_that_comes_back_is_written_to_again_sooner_if_somebody_asks(rose, declare, sink, bound, hours):
    notice = declare(Category.SERVICE, bound=bound)
    suppress(rose.email, Suppression.Reason.BOUNCED)
    for minutes, state in ((-1, State.UNREACHABLE), (1, State.SENT)):
        with later(hours * 3600 + minutes * 60):
            notify(notice, rose, token="abc", hours=1)
            deliver()
        assert Notification.objects.latest("pk").state == state


def test_an_address_that_has_rested_is_forgotten(rose):
    suppress(rose.email, Suppression.Reason.BOUNCED)
    purge_expired(timezone.now())
    assert Suppression.objects.exists()
    with later(7 * 24 * 3600 + 1):
        purge_expired(timezone.now())
    assert not Suppression.objects.exists()


@pytest.mark.promise("N1")
def test_what_belongs_to_a_mailbox_that_cannot_be_opened_goes_nowhere_else(rose, sink):
    reset(rose)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_notification SET address = %s", [b"broken"])
    deliver()
    assert (row_to(rose).state, row_to(rose).reason, sink.taken) == (State.FAILED, "cannot be opened", [])
    Notification.objects.update(state=State.QUEUED, settled_at=None, address=None)
    deliver()
    assert (row_to(rose).state, row_to(rose).reason, sink.taken) == (State.FAILED, "cannot be opened", [])


def test_an_address_that_no_header_can_hold_holds_up_nobody(rose, sink):
    reset(factories.make_member("odd"), address="odd@example.org\r\nBcc: all@example.org")
    reset(rose)
    deliver()
    assert [mail["X-To"] for mail in sink.taken] == [rose.email]
    assert set(Notification.objects.values_list("state", flat=True)) == {State.SENT, State.FAILED}


@pytest.mark.parametrize(("where", "what"), [(Looks, "standing"), (preparing, "address_of"), (looking, "address_of")])
def test_whatever_is_wrong_with_one_row_holds_up_no_other(rose, sink, monkeypatch, caplog, where, what):
    odd = factories.make_member("odd")
    for member in (odd, rose):
        reset(member)
    whole = getattr(where, what)

    def fails(*about):
        if odd.pk in {getattr(each, name, None) for each in about for name in ("pk", "member_id")}:
            raise LookupError("odd@example.org")
        return whole(*about)

    monkeypatch.setattr(where, what, fails)
    deliver()
    assert (row_to(odd).state, row_to(odd).reason, row_to(rose).state) == (
        State.FAILED,
        "cannot be written",
        State.SENT,
    )
    assert "cannot be sent" in caplog.text
    assert "odd@" not in caplog.text


def test_a_database_that_goes_away_settles_nothing(rose, sink, monkeypatch):
    reset(rose)

    def gone(*_about):
        raise OperationalError("gone")

    with monkeypatch.context() as going:
        going.setattr(Looks, "standing", gone)
        with pytest.raises(OperationalError):
            deliver()
    assert row_to(rose).state == State.ATTEMPTING
    with later(LEASE.total_seconds() + 1):
        deliver()
    with later(LEASE.total_seconds() + 120):
        deliver()
    assert row_to(rose).state == State.SENT


# --- whom it may still reach when it leaves -----------------------------------------------------------------------
def test_who_is_erased_meanwhile_is_written_to_no_more(rose, sink):
    reset(rose)
    Member.objects.get(pk=rose.pk).delete()
    deliver()
    row = Notification.objects.get()
    assert (row.state, row.member, sink.taken) == (State.ERASED, None, [])


def test_what_is_of_no_use_any_more_is_not_sent(rose, sink):
    reset(rose, until=timezone.now() + timedelta(minutes=5))
    with later(301):
        deliver()
    row = row_to(rose)
    assert (row.state, row.reason, row.parameters, sink.taken) == (State.FAILED, "too late", None, [])


def test_what_is_for_an_account_waits_until_its_address_is_confirmed(declare, sink):
    bud = factories.make_member("bud", email_verified_at=None)
    notify(declare(Category.SERVICE), bud, token="abc", hours=1)
    deliver()
    assert (row_to(bud).state, sink.taken) == (State.DEFERRED, [])
    Member.objects.filter(pk=bud.pk).update(email_verified_at=timezone.now())
    with later(3601):
        deliver()
    assert row_to(bud).state == State.SENT


def test_an_alert_goes_to_the_address_there_was_when_it_happened(rose, sink):
    common = {"kind": "new-browser", "when": timezone.now(), "device": None, "network": None, "token": "abc"}
    notify(SECURITY_ALERT, rose, **common)
    rose.email = "thief@example.net"
    rose.save()
    deliver()
    assert [mail["X-To"] for mail in sink.taken] == ["rose@example.org"]


def test_other_news_goes_to_the_address_there_is_when_it_leaves(rose, declare, sink):
    notify(declare(Category.LEGAL), rose, token="abc", hours=1)
    rose.email = "rose@new.example"
    rose.save()
    deliver()
    assert [mail["X-To"] for mail in sink.taken] == ["rose@new.example"]


# --- killed between any two lines ---------------------------------------------------------------------------------
@pytest.mark.parametrize("when", ["claimed", "began", "handed over"])
@pytest.mark.parametrize("category", list(Category))
def test_who_is_killed_loses_nothing_and_sends_at_most_once_more(rose, declare, sink, monkeypatch, when, category):
    notice = declare(category)
    if notice.topic:
        choose(rose, {notice.topic: EVERYWHERE})
    notify(notice, rose, token="abc", hours=1)
    with monkeypatch.context() as killing:
        kill(killing, when)
        with pytest.raises(Killed):
            deliver()
    assert deliver() == 0  # as long as the lease lasts
    with later(LEASE.total_seconds() + 1):
        deliver()
    with later(LEASE.total_seconds() + 120):
        deliver()
    row, ids = row_to(rose), [mail["Message-ID"] for mail in sink.taken]
    may_repeat = category.is_always_sent or when == "claimed"
    assert row.state == (State.SENT if may_repeat else State.UNCERTAIN)
    assert len(ids) == {"claimed": 1, "began": int(may_repeat), "handed over": 1 + may_repeat}[when]
    assert len(set(ids)) <= 1
    assert all(re.fullmatch(r"<[\w-]{43}@[\w.]+>", each) for each in ids)


def kill(monkeypatch, when):
    """Have the worker die at the first row, before or after it is handed over."""
    hand_over = delivery.Mailbag.send

    def dying(*args):
        if when == "handed over":
            hand_over(*args)
        raise Killed

    name, where = ("begin_all", delivery) if when == "claimed" else ("send", delivery.Mailbag)
    monkeypatch.setattr(where, name, dying)


def test_who_has_lost_its_lease_sends_nothing(rose, sink):
    reset(rose)
    [row] = delivery.claim(timezone.now())
    with later(LEASE.total_seconds() + 1), delivery.Mailbag() as mailbag:
        delivery.attempt_all([row], mailbag, Writer())
        assert not sink.taken
        assert deliver() == 1
        delivery.attempt_all([row], mailbag, Writer())
    assert len(sink.taken) == 1


def test_a_shift_takes_what_is_due_batch_by_batch_over_one_connection(sink, monkeypatch):
    for number in range(2 * delivery.BATCH + 1):
        reset(factories.make_member(f"member{number}"))
    assert deliver() == 2 * delivery.BATCH + 1
    assert not Notification.objects.filter(state__in=OPEN).exists()


def test_who_settles_too_late_leaves_to_the_next_what_is_theirs(rose, sink):
    reset(rose)
    [late] = delivery.claim(timezone.now())
    assert delivery.begin(late)
    with later(LEASE.total_seconds() + 1):
        for each in delivery.left_behind():
            settle(each, delivery.KILLED)
    with later(LEASE.total_seconds() + 120):
        [row] = delivery.claim(timezone.now())
        assert delivery.begin(row)
        assert not settle(late, Outcome(Result.REFUSED, "554"))
        assert row_to(rose).state == State.ATTEMPTING
        assert settle(row, Outcome(Result.SENT))


@pytest.mark.promise("F6")
def test_news_whose_end_nobody_knows_is_not_sent_again(declare, sink):
    lost = factories.make_member("lost", email="lost@drops.example")
    notice = declare(Category.MARKETING)
    choose(lost, {notice.topic: EVERYWHERE})
    notify(notice, lost, token="abc", hours=1)
    deliver()
    assert (row_to(lost).state, row_to(lost).reason) == (State.UNCERTAIN, "SMTPServerDisconnected")
    with later(3600 * 24):
        assert deliver() == 0


def test_who_is_erased_after_a_worker_has_claimed_the_row_is_written_to_no_more(rose, sink):
    reset(rose)
    [row] = delivery.claim(timezone.now())
    Member.objects.get(pk=rose.pk).delete()
    with delivery.Mailbag() as mailbag:
        delivery.attempt_all([row], mailbag, Writer())
    assert (Notification.objects.get().state, sink.taken) == (State.ERASED, [])


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_send_everything_once(sink):
    for number in range(60):
        reset(factories.make_member(f"member{number}"))

    def work() -> None:
        deliver()
        connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    addresses = [mail["X-To"] for mail in sink.taken]
    assert len(addresses) == len(set(addresses)) == 60
    assert set(Notification.objects.values_list("state", flat=True)) == {State.SENT}


# --- what takes long, and what comes again --------------------------------------------------------------------------
def test_what_is_always_sent_goes_once_more_and_not_twice_after_an_unclear_end(sink):
    lost = factories.make_member("lost", email="lost@drops.example")
    reset(lost)
    for days in range(4):
        with later(3600 * 24 * days + 60):
            deliver()
    assert (row_to(lost).state, len(sink.taken)) == (State.UNCERTAIN, 2)
    assert len({mail["Message-ID"] for mail in sink.taken}) == 1


@pytest.mark.parametrize("category", [Category.LEGAL, Category.MARKETING])
def test_however_slowly_a_server_answers_it_is_given_up_before_the_lease_is_over(
    rose, declare, settings, monkeypatch, category
):
    """Each answer comes within the time that is given to one; all of them together do not."""
    server = SlowServer(0.2)
    settings.EMAIL_BACKEND = "notifications.channels.smtp.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 3
    monkeypatch.setattr(smtp, "LONGEST", 0.7)
    notice = declare(category)
    if notice.topic:
        choose(rose, {notice.topic: EVERYWHERE})
    notify(notice, rose, token="abc", hours=1)
    began = time.monotonic()
    deliver()
    assert time.monotonic() - began < 3
    assert row_to(rose).state == State.DEFERRED
    server.close()


def test_no_hand_over_outlasts_its_lease():
    assert timedelta(seconds=2 * smtp.LONGEST) < LEASE


class SlowServer(threading.Thread):
    """Sends an answer letter by letter, so slowly that it never comes to its end."""

    def __init__(self, pause):
        super().__init__(daemon=True)
        self.pause, self.is_open = pause, True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        client, _address = self.listener.accept()
        with client, ignoring(OSError):
            while self.is_open:
                client.sendall(b"220-here\r\n")
                time.sleep(self.pause)

    def close(self):
        self.is_open = False
        self.listener.close()


def test_a_domain_that_takes_mail_again_is_not_held_back_longer_than_at_first(sink, monkeypatch):
    answers = {}
    whole = sink.handle_RCPT

    async def by_the_day(server, session, envelope, address, options):
        return answers.get("now") or await whole(server, session, envelope, address, options)

    monkeypatch.setattr(sink, "handle_RCPT", by_the_day)
    member = factories.make_member("moody", email="m@moody.example")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for turn in range(7):
            answers["now"] = "421 4.3.2 closing"
            reset(member, occasion=str(turn))
            deliver()
            answers["now"] = None
            clock.shift(timedelta(minutes=5))
            deliver()
            clock.shift(timedelta(hours=8))
    assert set(Notification.objects.values_list("state", flat=True)) == {State.SENT}
    assert not RestingDomain.objects.exists()


@pytest.mark.parametrize("reason", ["domain rests", "unconfirmed address"])
def test_what_is_only_held_is_given_up_after_some_days_too(declare, sink, reason):
    domain, confirmed = ("busy.example", timezone.now()) if reason == "domain rests" else ("example.org", None)
    held = factories.make_member("held", email=f"held@{domain}", email_verified_at=confirmed)
    notify(declare(Category.SERVICE), held, token="abc", hours=1)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        if reason == "domain rests":
            deliver()
            RestingDomain.objects.update(until=timezone.now() + timedelta(days=30))
        for _hour in range(74):
            clock.shift(timedelta(hours=1))
            deliver()
    row = row_to(held)
    assert (row.state, row.reason) == (State.FAILED, reason)
    assert row.attempts <= 2


def test_what_somebody_asked_for_does_not_wait_for_what_many_are_told(rose, declare, sink):
    many = [factories.make_member(f"member{number}").pk for number in range(delivery.BATCH + 5)]
    notify_many(declare(Category.SERVICE), many, occasion="reminder", token="abc", hours=1)
    reset(rose)
    rows = delivery.claim(timezone.now())
    assert rows[0].member_id == rose.pk


def test_many_are_told_once_for_an_occasion(rose, declare, sink):
    notice = declare(Category.SERVICE)
    for _turn in range(2):
        notify_many(notice, [rose.pk], occasion="once", token="abc", hours=1)
    deliver()
    assert len(sink.taken) == 1


@pytest.mark.parametrize(
    ("category", "wanted", "state"),
    [
        (Category.LEGAL, EVERYWHERE, State.SENT),
        (Category.MARKETING, EVERYWHERE, State.SENT),
        (Category.MARKETING, frozenset({Channel.EMAIL}), State.SUPPRESSED),
    ],
)
def test_what_is_told_on_the_site_alone_goes_nowhere_else(rose, declare, sink, monkeypatch, category, wanted, state):
    monkeypatch.setattr("notifications.recipients._numbers", [lambda *_whose: "+447700900123"])
    notice = declare(category, channels=(Channel.SITE,))
    if notice.topic:
        choose(rose, {notice.topic: wanted})
    notify(notice, rose, token="abc", hours=1)
    deliver()
    row = row_to(rose)
    assert (row.state, row.is_on_site, sink.taken) == (state, state == State.SENT, [])


def test_a_claimed_batch_costs_the_same_few_queries_however_many_there_are(sink):
    """Beside one to settle each row."""
    costs = []
    for count in (2, delivery.BATCH):
        for number in range(count):
            reset(factories.make_member(f"member{count}x{number}"))
        rows = delivery.claim(timezone.now())
        with delivery.Mailbag() as mailbag, CaptureQueriesContext(connection) as queries:
            delivery.attempt_all(rows, mailbag, Writer())
        assert len(rows) == count
        costs.append(len(queries) - count)
    assert costs[0] == costs[1]
