"""What a member wants to hear about: the page, the link in a mail, the browser that asks for privacy."""

import base64
import re
import threading
from contextlib import suppress as ignoring

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given, settings as examples, strategies as st

from notifications import delivery, preferences, settling
from notifications.channels.kinds import CHOSEN, EVERYWHERE, NOWHERE, Channel
from notifications.delivery import deliver
from notifications.letters import Writer
from notifications.looking import Looks
from notifications.models import Notification, Preference, State
from notifications.notices import Category
from notifications.preferences import choices_of, choose, wants
from notifications.sending import notify
from notifications.topics import MARKETING, Topic
from notifications.unsubscribing import link_for, read, token_for
from tests import factories

from .conftest import row_to

pytestmark = pytest.mark.django_db
PAGE = "/settings/notices/"
PRESS = {"List-Unsubscribe": "One-Click"}
ALL_ON = {f"{topic}-{channel}": "on" for topic in Topic for channel in CHOSEN}


@pytest.fixture
def browser(rose):
    client = Client()
    factories.sign_in(client, rose)
    return client


@pytest.fixture
def news(declare):
    return declare(Category.MARKETING, topic=Topic.NEWS)


# --- the page -----------------------------------------------------------------------------------------------------
@pytest.mark.promise("F4")
def test_news_about_the_service_is_on_and_marketing_off_until_a_member_chooses(rose, browser):
    assert choices_of(rose) == {
        Topic.PRODUCT: EVERYWHERE,
        Topic.DIGEST: EVERYWHERE,
        Topic.NEWS: NOWHERE,
        Topic.TIPS: NOWHERE,
    }
    assert browser.post(PAGE, ALL_ON).status_code == 302
    assert set(choices_of(rose).values()) == {EVERYWHERE}
    assert browser.post(PAGE, {"product-email": "on"}).status_code == 302
    assert [topic for topic, wanted in choices_of(rose).items() if wanted] == [Topic.PRODUCT]
    page = browser.get(PAGE).content.decode()
    assert page.count("checked") == 1
    assert "These always reach you" in page


@pytest.mark.promise("F4")
def test_all_can_be_turned_off_with_one_press(rose, browser):
    browser.post(PAGE, ALL_ON)
    browser.post(PAGE, ALL_ON | {"none": "1"})
    assert set(choices_of(rose).values()) == {NOWHERE}


def test_the_choice_of_one_member_is_not_that_of_another(rose, browser):
    browser.post(PAGE, ALL_ON)
    assert not wants(factories.make_member("fern"), Topic.NEWS)


@pytest.mark.promise("F5")
@pytest.mark.parametrize("topic", ["service", "security", "incident", "legal", "policy", ""])
def test_the_database_refuses_a_choice_about_what_is_always_sent(rose, topic):
    with pytest.raises(IntegrityError), transaction.atomic():
        Preference.objects.create(member=rose, topic=topic, wanted=False)


@pytest.mark.promise("F5")
def test_no_form_declines_what_is_always_sent(rose, browser, declare, sink):
    browser.post(PAGE, {"security": "", "service": "", "legal": "off", "none": "1"})
    notify(declare(Category.LEGAL), rose, token="abc", hours=1)
    deliver()
    assert row_to(rose).state == State.SENT


# --- Global Privacy Control ---------------------------------------------------------------------------------------
@pytest.mark.promise("F4")
def test_a_browser_that_asks_for_privacy_turns_marketing_off_and_the_page_says_why(rose, browser):
    choose(rose, dict.fromkeys(Topic, EVERYWHERE))
    page = browser.get("/friends/", headers={"Sec-GPC": "1"})
    assert page.status_code == 200
    assert [topic for topic, wanted in choices_of(rose).items() if not wanted] == list(MARKETING)
    page = browser.get(PAGE, headers={"Sec-GPC": "1"}).content.decode()
    assert "Global Privacy Control" in page
    assert page.count("disabled") == len(MARKETING) * len(CHOSEN)
    browser.post(PAGE, ALL_ON, headers={"Sec-GPC": "1"})
    assert not wants(rose, Topic.NEWS)


@pytest.mark.promise("F4")
def test_what_was_turned_on_elsewhere_since_is_shown_as_it_is_and_can_be_turned_off(rose, browser):
    asking = {"Sec-GPC": "1"}
    browser.get("/friends/", headers=asking)
    choose(rose, {Topic.NEWS: EVERYWHERE, Topic.TIPS: NOWHERE})
    page = browser.get(PAGE, headers=asking).content.decode()
    assert "you have turned on since" in page
    assert page.count("disabled") == len(CHOSEN)
    browser.post(PAGE, {"news-email": "on", "tips-email": "on"}, headers=asking)
    assert (wants(rose, Topic.NEWS), wants(rose, Topic.TIPS)) == (frozenset({Channel.EMAIL}), NOWHERE)
    browser.post(PAGE, {}, headers=asking)
    assert wants(rose, Topic.NEWS) == NOWHERE


@pytest.mark.promise("F4")
def test_it_is_said_when_it_turns_something_off_and_only_then(rose, browser):
    choose(rose, {Topic.NEWS: EVERYWHERE})
    first, second = (browser.get("/friends/", headers={"Sec-GPC": "1"}).content.decode() for _turn in range(2))
    assert "news and offers are off now" in first
    assert "news and offers are off now" not in second


@pytest.mark.promise("F4")
@pytest.mark.parametrize("value", ["0", "", "true", "1, 0"])
def test_no_other_header_turns_anything_off(rose, browser, value):
    choose(rose, dict.fromkeys(Topic, EVERYWHERE))
    browser.get(PAGE, headers={"Sec-GPC": value})
    assert set(choices_of(rose).values()) == {EVERYWHERE}


def test_the_site_says_that_it_honours_it(client):
    answer = client.get("/.well-known/gpc.json")
    assert answer.json()["gpc"] is True
    assert answer["Content-Type"] == "application/json"


# --- the link in a mail -------------------------------------------------------------------------------------------
@pytest.mark.promise("F4")
def test_every_news_carries_a_way_out_in_headers_and_text_and_nothing_else_does(rose, news, declare, sink):
    choose(rose, {Topic.NEWS: EVERYWHERE})
    notify(news, rose, token="abc", hours=1)
    deliver()
    notify(declare(Category.LEGAL), rose, token="abc", hours=1)
    deliver()
    mail, legal = sink.taken
    link = link_for(rose.pk, Topic.NEWS)
    assert mail["List-Unsubscribe"].strip() == f"<{link}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for part in mail.get_payload():
        assert link in part.get_payload(decode=True).decode()
    assert legal["List-Unsubscribe"] is None
    assert "unsubscribe" not in legal.as_string()


@pytest.mark.promise("F4")
def test_a_look_changes_nothing_and_a_press_without_signing_in_declines(rose, client):
    choose(rose, dict.fromkeys(Topic, EVERYWHERE))
    where = f"/unsubscribe/{token_for(rose.pk, Topic.NEWS)}/"
    page = client.get(where)
    assert (page.status_code, page["Referrer-Policy"]) == (200, "no-referrer")
    assert wants(rose, Topic.NEWS)
    strict = Client(enforce_csrf_checks=True)
    for _turn in range(2):
        answer = strict.post(where, PRESS)
        assert (answer.status_code, "Declined" in answer.content.decode()) == (200, True)
        assert [topic for topic, wanted in choices_of(rose).items() if not wanted] == [Topic.NEWS]
    assert "Declined" in client.get(where).content.decode()


def test_a_page_of_a_link_names_nobody(rose, client):
    page = client.get(f"/unsubscribe/{token_for(rose.pk, Topic.NEWS)}/").content.decode()
    assert "rose" not in page.lower()
    assert str(rose.pk) not in page


def test_who_is_gone_has_nothing_to_decline_and_the_answer_is_the_same(rose, client):
    where = f"/unsubscribe/{token_for(rose.pk, Topic.NEWS)}/"
    before = client.post(where, PRESS).content
    rose.delete()
    assert client.post(where, PRESS).content == before


@pytest.mark.promise("N1")
@examples(max_examples=200, deadline=None)
@given(member=st.integers(0, 2**63 - 1), topic=st.sampled_from(Topic), at=st.integers(0, 400), bits=st.integers(1, 255))
def test_a_link_is_good_as_it_is_and_in_no_other_way(member, topic, at, bits):
    token = token_for(member, topic)
    assert re.fullmatch(r"[\w-]+", token)
    assert read(token) == (member, topic)
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[at % len(raw)] ^= bits
    assert read(base64.urlsafe_b64encode(raw).decode().rstrip("=")) is None
    for other in (token[:-1], f"{token}A", f"{token}=", token.swapcase(), "", "é"):
        assert read(other) is None


def test_an_unknown_link_is_a_page_that_is_not_there(client):
    assert client.get("/unsubscribe/abc/").status_code == 404
    assert client.post("/unsubscribe/abc/", PRESS).status_code == 404


# --- a refusal counts when the mail leaves ------------------------------------------------------------------------
@pytest.mark.promise("F6")
def test_who_declines_after_it_was_planned_is_not_sent_it(rose, news, browser, sink):
    choose(rose, {Topic.NEWS: EVERYWHERE})
    notify(news, rose, token="abc", hours=1)
    browser.post(PAGE, {})
    deliver()
    assert (row_to(rose).state, sink.taken) == (State.SUPPRESSED, [])


@pytest.mark.promise("F6")
def test_who_declines_while_it_is_claimed_is_not_sent_it(rose, news, sink, monkeypatch):
    choose(rose, {Topic.NEWS: EVERYWHERE})
    notify(news, rose, token="abc", hours=1)
    [row] = delivery.claim(row_to(rose).due_at)
    choose(rose, {Topic.NEWS: NOWHERE})
    with delivery.Mailbag() as mailbag:
        delivery.attempt_all([row], mailbag, Writer())
    assert (row_to(rose).lease, sink.taken) == (None, [])
    deliver()
    assert (row_to(rose).state, sink.taken) == (State.SUPPRESSED, [])


@pytest.mark.promise("F6")
def test_who_declines_after_they_were_looked_at_is_not_sent_it(rose, news, sink, monkeypatch):
    choose(rose, {Topic.NEWS: EVERYWHERE})
    notify(news, rose, token="abc", hours=1)

    class ThenDeclined(Looks):
        def __init__(self, rows):
            super().__init__(rows)
            assert not rows or choose(rose, {Topic.NEWS: NOWHERE})

    with monkeypatch.context() as looking:
        looking.setattr(delivery, "Looks", ThenDeclined)
        delivery.attempt_all(delivery.claim(row_to(rose).due_at), delivery.Mailbag(), Writer())
    assert (row_to(rose).state, sink.taken) == (State.QUEUED, [])
    deliver()
    assert (row_to(rose).state, sink.taken) == (State.SUPPRESSED, [])


@pytest.mark.promise("F6")
def test_an_answer_waits_for_what_is_being_sent_and_says_so_when_that_takes_too_long(rose, news, browser, monkeypatch):
    choose(rose, {Topic.NEWS: EVERYWHERE})
    notify(news, rose, token="abc", hours=1)
    [row] = delivery.claim(row_to(rose).due_at)
    assert delivery.begin(row)
    monkeypatch.setattr(preferences.time, "sleep", lambda _seconds: settle(row))
    assert choose(rose, {Topic.NEWS: NOWHERE})
    assert row_to(rose).state == State.SENT

    Notification.objects.update(
        state=State.ATTEMPTING, settled_at=None, lease_until=row_to(rose).due_at.replace(year=2100)
    )
    monkeypatch.setattr(preferences, "WAITS", preferences.WAITS * 0)
    page = browser.post(PAGE, {}, follow=True).content.decode()
    assert "may still arrive" in page
    page = Client().post(f"/unsubscribe/{token_for(rose.pk, Topic.NEWS)}/", PRESS).content.decode()
    assert "may still arrive" in page


def settle(row):
    settling.end(row, State.SENT)


@pytest.mark.promise("F6")
@pytest.mark.django_db(transaction=True)
def test_of_many_who_decline_while_many_are_sent_nobody_is_sent_anything_after_the_answer(news, sink):
    people = [factories.make_member(f"member{number}") for number in range(40)]
    for member in people:
        choose(member, {Topic.NEWS: EVERYWHERE})
        notify(news, member, token="abc", hours=1)
    answered: dict[str, int] = {}

    def decline_some() -> None:
        for member in people[::2]:
            with ignoring(Exception):
                assert choose(member, {Topic.NEWS: NOWHERE})
                answered[member.email] = len(sink.taken)
        connection.close()

    declining = threading.Thread(target=decline_some)
    declining.start()
    deliver()
    declining.join()
    deliver()
    assert len(answered) == len(people[::2])
    for position, mail in enumerate(sink.taken):
        assert position < answered.get(mail["X-To"], len(sink.taken))
    assert not Notification.objects.filter(state__in=(State.QUEUED, State.ATTEMPTING, State.DEFERRED)).exists()
    assert {mail["X-To"] for mail in sink.taken} >= {member.email for member in people[1::2]}
