"""What members are told on the site: the inbox, what waits there, and other ways when a mailbox takes nothing."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Profile
from accounts.notices import REVIEW_INFORMATION
from notifications import recipients
from notifications.channels.kinds import EVERYWHERE, Channel
from notifications.delivery import deliver
from notifications.housekeeping import KEPT, purge_expired
from notifications.inbox import PAGE, counts_for, page_of
from notifications.letters import token_of
from notifications.models import Notification, State, Suppression
from notifications.notices import Category, Notice
from notifications.preferences import choose
from notifications.sending import notify, notify_many
from notifications.suppression import reasons_against, suppress
from notifications.topics import Topic
from notifications.written import WORDS
from security.notices import SECURITY_ALERT
from tests import factories

from .conftest import row_to

pytestmark = pytest.mark.django_db
NUMBER = "+447700900123"
BOTH, ALL = (Channel.EMAIL, Channel.SITE), (Channel.EMAIL, Channel.SMS, Channel.SITE)
FILLED = {"token": "abc", "hours": 1}


@pytest.fixture
def browser(rose):
    client = Client()
    factories.sign_in(client, rose)
    return client


@pytest.fixture
def folder(tmp_path, settings):
    settings.SMS_FOLDER = tmp_path / "sms"
    return settings.SMS_FOLDER


def page(browser, where="/inbox/"):
    return browser.get(where).content.decode()


def texts(folder):
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []


# --- the page -----------------------------------------------------------------------------------------------------
def test_an_empty_inbox_says_what_will_be_there(browser):
    assert "Nothing yet" in page(browser)


@pytest.mark.promise("F5")
def test_what_is_always_sent_stands_there_at_once_and_stays_when_the_mail_has_left(rose, browser, sink):
    notify(REVIEW_INFORMATION, rose)
    for _turn in range(2):
        shown = page(browser)
        assert "Is what we know about you still right?" in shown
        assert ">new<" in shown
        deliver()
    assert len(sink.taken) == 1
    assert row_to(rose).parameters == {}
    text = page(browser, f"/inbox/{token_of(row_to(rose))}/")
    assert "/settings/profile/" in text
    assert "Why you get this" in text
    assert text.count("<h1") == 1
    assert "<style" not in text
    assert ">new<" not in page(browser)


def test_everything_is_counted_as_read_with_one_press_and_every_page_says_how_much_is_new(rose, browser):
    for number in range(3):
        notify(REVIEW_INFORMATION, rose, occasion=str(number))
    assert '3<span class="sr-only"> new' in page(browser, "/friends/")
    browser.post("/inbox/all-read/")
    assert counts_for(rose).new == 0
    assert 'sr-only"> new' not in page(browser, "/friends/")


def test_a_long_inbox_is_turned_over_page_by_page(rose, browser):
    moment = timezone.now()
    notify_many(REVIEW_INFORMATION, [rose.pk], occasion="0")
    for number in range(1, 2 * PAGE + 5):
        notify(REVIEW_INFORMATION, rose, occasion=str(number))
    Notification.objects.update(created_at=moment)  # all at the same instant
    seen, after = [], ""
    while after is not None:
        found = page_of(rose, after)
        seen += [item.token for item in found.items]
        after = found.after
    assert len(seen) == len(set(seen)) == 2 * PAGE + 5
    assert 'rel="next"' in page(browser)
    for odd in ("x", "1-x", f"9{'9' * 30}-abc", "%00"):
        assert browser.get("/inbox/", {"after": odd}).status_code == 200


@pytest.mark.promise("N1")
def test_nobody_reads_what_another_was_told(rose, browser):
    fern = factories.make_member("fern")
    notify(REVIEW_INFORMATION, fern)
    row = row_to(fern)
    answers = [browser.get(f"/inbox/{token}/") for token in ("nothing-here", token_of(row), str(row.pk))]
    assert {answer.status_code for answer in answers} == {404}
    assert len({re.sub('csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode()) for answer in answers}) == 1
    browser.post("/inbox/all-read/")
    assert (row_to(fern).is_read, counts_for(fern).new) == (False, 1)


def test_what_cannot_be_opened_is_there_without_its_text(rose, browser):
    notify(REVIEW_INFORMATION, rose)
    Notification.objects.update(parameters=None)
    assert "Is what we know about you still right?" in page(browser)
    assert "unavailable" in page(browser, f"/inbox/{token_of(row_to(rose))}/")


@pytest.mark.promise("N1")
def test_links_for_one_mailbox_never_stand_on_the_site(rose):
    with pytest.raises(ValueError, match="one channel"):
        Notice("x", Category.SERVICE, "x", dict, bound=True, channels=BOTH)


@pytest.mark.promise("B2")
def test_it_goes_after_ninety_days(rose, sink):
    notify(REVIEW_INFORMATION, rose)
    deliver()
    with time_machine.travel(timezone.now() + KEPT + timedelta(seconds=1)):
        purge_expired(timezone.now())
    assert not page_of(rose).items


# --- what a member chose ------------------------------------------------------------------------------------------
@pytest.mark.promise("F4")
def test_news_can_be_had_in_the_inbox_alone_by_mail_alone_or_not_at_all(rose, browser, declare, sink):
    news = declare(Category.MARKETING, topic=Topic.NEWS, channels=BOTH)
    ends = []
    for boxes in ({"news-site": "on"}, {"news-email": "on"}, {}):
        browser.post("/settings/notices/", boxes)
        notify(news, rose, **FILLED)
        assert len(page_of(rose).items) == min(len(ends), 1)  # not before it is known to be wanted
        deliver()
        row = Notification.objects.latest("pk")
        ends.append((row.state, row.channel, row.is_on_site, len(sink.taken)))
    assert ends == [
        (State.SENT, "site", True, 0),
        (State.SENT, "email", False, 1),
        (State.SUPPRESSED, "email", False, 1),
    ]


@pytest.mark.promise("F4")
def test_the_link_of_a_mail_declines_the_inbox_too(rose, declare, sink):
    news = declare(Category.MARKETING, topic=Topic.NEWS, channels=BOTH)
    choose(rose, {Topic.NEWS: EVERYWHERE})
    notify(news, rose, **FILLED)
    deliver()
    way_out = sink.taken[0]["List-Unsubscribe"].strip("<> \r\n").split("/unsubscribe/")[1]
    Client().post(f"/unsubscribe/{way_out}", {"List-Unsubscribe": "One-Click"})
    notify(news, rose, **FILLED)
    deliver()
    assert Notification.objects.latest("pk").state == State.SUPPRESSED


# --- a mailbox that takes nothing ---------------------------------------------------------------------------------
@pytest.mark.promise("L3")
def test_what_reached_no_mailbox_waits_on_the_site_and_every_page_says_so(rose, browser, sink, declare):
    suppress(rose.email, Suppression.Reason.BOUNCED, "550")
    notify(REVIEW_INFORMATION, rose)
    assert "does not reach you" not in page(browser, "/friends/")
    deliver()
    assert (row_to(rose).state, row_to(rose).channel) == (State.UNREACHABLE, "email")
    shown = page(browser, "/friends/")
    assert "does not reach you" in shown
    assert "One message" in shown
    assert "did not reach you by mail" in page(browser)
    page(browser, f"/inbox/{token_of(row_to(rose))}/")
    assert "does not reach you" not in page(browser, "/friends/")


@pytest.mark.promise("L3")
@pytest.mark.parametrize("is_known", [True, False])
def test_a_confirmed_number_is_tried_when_a_mailbox_takes_nothing_and_the_row_says_so(
    rose, declare, sink, folder, is_known
):
    gone = factories.make_member("gone", email="gone@gone.example", phone=NUMBER)
    Profile.objects.filter(pk=gone.pk).update(phone_verified_at=timezone.now() - timedelta(days=1))
    if is_known:
        suppress(gone.email, Suppression.Reason.BOUNCED, "550")
    alert(gone)
    deliver()
    row = row_to(gone)
    reason = "known to take nothing" if is_known else "550"
    assert (row.state, row.channel, row.reason, row.address) == (State.SENT, "sms", reason, None)
    assert sink.asked.get(gone.email, 0) == (0 if is_known else 1)
    [text] = texts(folder)
    assert text["to"] == NUMBER
    assert text["text"].startswith("Hedgerow: Somebody signed in from a new browser.")
    assert "abc" not in text["text"]  # the link of the mail


def alert(member):
    common = {"kind": "new-browser", "when": timezone.now(), "device": None, "network": None, "token": "abc"}
    notify(SECURITY_ALERT, member, **common)


@pytest.mark.promise("N1")
@pytest.mark.parametrize("confirmed", [None, timedelta(minutes=5)])
def test_a_number_that_was_not_confirmed_before_it_happened_is_told_nothing(sink, folder, confirmed):
    gone = factories.make_member("gone", email="gone@gone.example", phone=NUMBER)
    alert(gone)
    moment = confirmed and timezone.now() + confirmed
    Profile.objects.filter(pk=gone.pk).update(phone_verified_at=moment)
    deliver()
    assert (row_to(gone).state, row_to(gone).channel, texts(folder)) == (State.UNREACHABLE, "email", [])


@pytest.mark.promise("L3")
@pytest.mark.parametrize("category", list(WORDS))
def test_what_staff_write_that_is_always_sent_finds_who_has_no_mailbox_by_text_message(sink, folder, category):
    gone = factories.make_member("gone", email="gone@gone.example", phone=NUMBER)
    Profile.objects.filter(pk=gone.pk).update(phone_verified_at=timezone.now() - timedelta(days=1))
    notify(WORDS[category], gone, heading="A leak was found", text="Read this.", page="")
    deliver()
    [text] = texts(folder)
    assert (row_to(gone).state, row_to(gone).is_on_site, text["to"]) == (State.SENT, True, NUMBER)
    assert text["text"].startswith("Hedgerow: A leak was found. Sign in")


@pytest.mark.promise("F5")
def test_where_neither_mail_nor_text_message_arrives_the_site_remains(declare, sink, folder, monkeypatch):
    gone = factories.make_member("gone", email="gone@gone.example", phone=NUMBER)
    monkeypatch.setattr(recipients, "_numbers", [lambda *_whose: NUMBER])
    suppress(NUMBER, Suppression.Reason.BOUNCED, "410")
    notify(declare(Category.INCIDENT, channels=ALL), gone, **FILLED)
    deliver()
    row = row_to(gone)
    assert (row.state, row.channel, row.is_on_site, texts(folder)) == (State.UNREACHABLE, "sms", True, [])
    assert counts_for(gone).lost == 1


@pytest.mark.promise("N1")
def test_what_belongs_to_a_mailbox_is_sent_to_no_number(sink, folder, declare, monkeypatch):
    gone = factories.make_member("gone", email="gone@gone.example", phone=NUMBER)
    monkeypatch.setattr(recipients, "_numbers", [lambda *_whose: NUMBER])
    notify(declare(Category.SECURITY, bound=True), gone, **FILLED)
    deliver()
    assert (row_to(gone).state, texts(folder)) == (State.UNREACHABLE, [])


# --- the way back -------------------------------------------------------------------------------------------------
@pytest.mark.promise("F4")
@pytest.mark.parametrize("reason", Suppression.Reason)
def test_a_member_sees_what_is_wrong_with_their_address_and_has_it_written_to_again(rose, browser, sink, reason):
    fern = factories.make_member("fern")
    for member in (rose, fern):
        suppress(member.email, reason, "550")
    said = "Mail to your address comes back" if reason == Suppression.Reason.BOUNCED else "We mail you no news"
    assert said in page(browser, "/settings/notices/")
    assert said in page(browser)
    assert "again from now on" in browser.post("/settings/notices/write-again/", follow=True).content.decode()
    assert said not in page(browser, "/settings/notices/")
    assert (reasons_against(rose.email), list(reasons_against(fern.email))) == ({}, [reason])
    notify(REVIEW_INFORMATION, rose)
    deliver()
    assert row_to(rose).state == State.SENT


def test_a_complaint_is_not_forgotten_as_a_bounce_is(rose, declare, sink):
    suppress(rose.email, Suppression.Reason.COMPLAINED)
    suppress(rose.email, Suppression.Reason.BOUNCED)
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        purge_expired(timezone.now())
        assert list(reasons_against(rose.email)) == ["complained"]
