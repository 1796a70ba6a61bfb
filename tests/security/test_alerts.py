"""Alerts: what a member is told at once, where, and who may say that it was them."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone

from accounts import passwords
from accounts.models import Member
from security import alerts, events
from security.meanings import MEANINGS
from security.models import AuthenticatorApp, Event, Kind
from security.observing import Observation
from tests import factories
from tests.security.walking import ELSEWHERE, FIREFOX, HOME, PRIVATE, SAFARI, browser, sign_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N2")]
THERE = Observation("Safari on iPhone", "203.0.113.0/24")
MINE = "It was me"


@pytest.fixture
def rose():
    return factories.make_member("rose")


@pytest.fixture
def deliver(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def kinds(member):
    return list(Event.objects.filter(member=member).order_by("pk").values_list("kind", flat=True))


def press(client, event):
    return client.post(f"/settings/security/events/{event.pk}/mine/", follow=True)


# --- what is an alert
@pytest.mark.parametrize("kind", list(Kind))
def test_whether_a_kind_is_an_alert_belongs_to_the_kind(rose, deliver, mailoutbox, kind):
    with deliver():
        event = events.happened(rose, kind, seen=THERE)
    assert event.is_alert == (kind in alerts.KINDS)
    assert bool(mailoutbox) == (kind in alerts.KINDS - alerts.WITH_A_MAIL_OF_THEIR_OWN | alerts.BY_MAIL_ALONE)


def test_the_kinds_that_are_told_at_once():
    assert {str(kind) for kind in alerts.KINDS} == {
        "new-browser",
        "new-network",
        "many-failures",
        "password-changed",
        "password-reset",
        "factor-added",
        "factor-removed",
        "codes-made",
        "email-asked",
        "email-changed",
        "email-stopped",
        "phone-added",
        "phone-changed",
        "phone-removed",
    }


def test_every_kind_has_a_meaning():
    assert set(MEANINGS) == set(Kind)


# --- signing in
def test_the_very_first_browser_is_no_news(rose, deliver, mailoutbox):
    with deliver():
        sign_in(rose)
    assert kinds(rose) == [Kind.SIGNED_IN]
    assert not mailoutbox


def test_the_same_browser_in_the_same_network_is_no_news(rose, deliver, mailoutbox):
    with deliver():
        client = sign_in(rose)
        client.post("/sign-out/")
        sign_in(rose, client)
    assert kinds(rose) == [Kind.SIGNED_IN] * 2
    assert not mailoutbox


def test_a_new_browser_is_told_with_device_and_network(rose, deliver, mailoutbox):
    with deliver():
        sign_in(rose)
        sign_in(rose, agent=SAFARI, network=ELSEWHERE)
    assert kinds(rose) == [Kind.SIGNED_IN, Kind.NEW_BROWSER]
    [mail] = mailoutbox
    assert mail.to == ["rose@example.org"]
    assert "new browser" in mail.subject
    for text in (mail.body, str(mail.alternatives[0][0])):
        assert "Safari on iPhone" in text
        assert "network 203.0.113.0/24" in text
        assert ELSEWHERE not in text


def test_a_new_browser_is_told_though_the_member_was_signed_out_everywhere(rose, deliver, mailoutbox):
    with deliver():
        sign_in(rose).post("/sign-out/")
        sign_in(rose, agent=SAFARI)
    assert kinds(rose)[-1] == Kind.NEW_BROWSER
    assert len(mailoutbox) == 1


def test_another_network_is_told_though_the_browser_is_known(rose, deliver, mailoutbox):
    with deliver():
        client = sign_in(rose)
        client.post("/sign-out/")
        client.defaults["REMOTE_ADDR"] = ELSEWHERE
        sign_in(rose, client)
        client.post("/sign-out/")
        sign_in(rose, client)
    assert kinds(rose) == [Kind.SIGNED_IN, Kind.NEW_NETWORK, Kind.SIGNED_IN]
    assert ["new network" in mail.subject for mail in mailoutbox] == [True]


def test_a_network_is_new_again_after_ninety_days(rose):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        events.happened(rose, Kind.SIGNED_IN, seen=THERE)
    with time_machine.travel(now + timedelta(days=45), tick=False):
        events.happened(rose, Kind.SIGNED_IN, seen=Observation(network="198.51.100.0/24"))
    with time_machine.travel(now + timedelta(days=90, seconds=-1), tick=False):
        assert events.knows_network(rose, "203.0.113.0/24")
    with time_machine.travel(now + timedelta(days=90), tick=False):
        assert not events.knows_network(rose, "203.0.113.0/24")
        assert events.knows_network(rose, None)


def test_where_somebody_failed_is_no_network_of_the_member(rose):
    events.happened(rose, Kind.SIGNED_IN, seen=Observation(network="198.51.100.0/24"))
    events.happened(rose, Kind.MANY_FAILURES, seen=THERE)
    assert not events.knows_network(rose, "203.0.113.0/24")


# --- mails
@pytest.mark.promise("N1")
def test_failures_are_told_once_a_day_however_many_there_are(rose, deliver, mailoutbox):
    now = timezone.now()
    for hours, mails in ((0, 1), (0, 1), (23, 1), (24.1, 2), (47, 2)):
        with time_machine.travel(now + timedelta(hours=hours), tick=False), deliver():
            events.alert_of_failures(rose, THERE)
        assert len(mailoutbox) == mails
    assert kinds(rose) == [Kind.MANY_FAILURES] * 2


def test_failures_at_one_door_do_not_silence_those_at_another(rose, deliver, mailoutbox):
    moss = factories.make_member("moss")
    with deliver():
        events.alert_of_failures(rose, THERE)
        events.alert_of_failures(moss, THERE)
    assert [mail.to for mail in mailoutbox] == [["rose@example.org"], ["moss@example.org"]]


@pytest.mark.promise("C2")
def test_a_changed_password_is_one_mail_and_not_two(rose, deliver, mailoutbox):
    with deliver():
        passwords.change_password(rose, "barley under the bells", seen=THERE)
    [mail] = mailoutbox
    assert "Your password was changed" in mail.subject
    assert "Safari on iPhone" in mail.body


@pytest.mark.promise("F5")
def test_a_mail_tells_the_time_by_the_clock_of_its_reader(rose, deliver, mailoutbox):
    Member.objects.filter(pk=rose.pk).update()
    rose.time_zone = "Asia/Tokyo"
    rose.save(update_fields=["time_zone"])
    with time_machine.travel("2026-05-12T20:30:00Z", tick=False), deliver():
        events.happened(rose, Kind.NEW_BROWSER, seen=THERE)
    [mail] = mailoutbox
    for text in (mail.body, str(mail.alternatives[0][0])):
        assert "13 May 2026, 05:30 JST" in text


def test_a_mail_leads_to_the_way_out_and_to_the_list(rose, deliver, mailoutbox):
    with deliver():
        events.happened(rose, Kind.FACTOR_ADDED)
    [mail] = mailoutbox
    html = str(mail.alternatives[0][0])
    for text in (mail.body, html):
        [address] = re.findall(rf"{configured.PUBLIC_URL}/security/not-me/[\w-]{{43}}/", text)
        assert browser().get(address.removeprefix(configured.PUBLIC_URL)).status_code == 200
        assert f"{configured.PUBLIC_URL}/settings/security/events/" in text
    assert not re.search(r"Device:|Where:", mail.body + html)  # nothing was noticed, so nothing is said


# --- on the pages
def test_an_alert_stands_on_every_page_of_the_other_browsers_until_it_is_answered(rose):
    here = sign_in(rose)
    there = sign_in(rose, agent=SAFARI, network=ELSEWHERE)
    for page in ("/", "/friends/", "/settings/security/"):
        said = text_of(here.get(page))
        assert "Somebody signed in from a new browser" in said
        assert "Safari on iPhone · network 203.0.113.0/24" in said
        assert "Somebody signed in" not in text_of(there.get(page))
    press(here, Event.objects.latest("pk"))
    assert "Somebody signed in" not in text_of(here.get("/friends/"))


def test_one_press_on_the_page_answers_it(rose):
    here = sign_in(rose, Client(enforce_csrf_checks=False, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR=HOME))
    here.handler.enforce_csrf_checks = True
    sign_in(rose, agent=SAFARI)
    page = here.get(PRIVATE).content.decode()
    form = r'action="([^"]+/mine/)"><input type="hidden" name="csrfmiddlewaretoken" value="(\w+)"'
    address, token = re.search(form, page).groups()
    assert here.post(address, {"csrfmiddlewaretoken": token}).status_code == 302
    assert MINE not in text_of(here.get(PRIVATE))


def test_nobody_else_sees_it_and_no_visitor(rose):
    here = sign_in(rose)
    sign_in(rose, agent=SAFARI)
    assert "Somebody signed in" in text_of(here.get("/people/"))
    moss = sign_in(factories.make_member("moss"))
    for client in (moss, browser()):
        assert "Somebody signed in" not in text_of(client.get("/people/"))


def test_the_newest_stands_on_a_page_and_how_many_more_there_are(rose):
    here = sign_in(rose)
    for kind in (Kind.EMAIL_ASKED, Kind.CODES_MADE, Kind.FACTOR_REMOVED, Kind.PHONE_CHANGED, Kind.FACTOR_ADDED):
        events.happened(rose, kind)
    said = text_of(here.get("/friends/"))
    assert "A second step was added" in said
    assert "4 more wait for an answer" in said
    assert "recovery codes" not in said
    assert text_of(here.get("/settings/security/events/")).count("no answer yet") == 5


def test_no_answer_is_awaited_for_what_was_done_in_the_very_browser_that_reads(rose):
    here, other = sign_in(rose), sign_in(rose, agent=SAFARI)
    press(here, Event.objects.latest("pk"))
    here.post("/password/change/", {"new_password": "barley under the bells"})
    assert "no answer yet" not in text_of(here.get("/settings/security/events/"))
    sign_in(rose, other, password="barley under the bells")
    assert text_of(other.get("/settings/security/events/")).count("no answer yet") == 1


def test_a_new_browser_is_not_told_that_its_own_sign_in_has_no_answer(rose):
    here, new = sign_in(rose), sign_in(rose, agent=SAFARI)
    assert "no answer yet" not in text_of(new.get("/settings/security/events/"))
    assert "no answer yet" in text_of(here.get("/settings/security/events/"))


# --- who may answer
def test_the_browser_in_which_it_happened_cannot_say_that_it_was_the_member(rose):
    sign_in(rose)
    thief = sign_in(rose, agent=SAFARI)
    event = Event.objects.latest("pk")
    assert MINE not in text_of(thief.get("/settings/security/events/"))
    said = text_of(press(thief, event))
    assert "cannot answer for it" in said
    event.refresh_from_db()
    assert event.answered_at is None


def test_two_new_browsers_do_not_answer_for_each_other(rose):
    here = sign_in(rose)
    one, other = (
        sign_in(rose, agent=SAFARI),
        sign_in(rose, agent="Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537"),
    )
    about_one, about_other = Event.objects.filter(kind=Kind.NEW_BROWSER).order_by("pk")
    press(one, about_other)
    press(other, about_one)
    assert Event.objects.filter(kind=Kind.NEW_BROWSER, answered_at=None).count() == 2
    press(here, about_one)
    press(here, about_other)
    assert not Event.objects.filter(kind=Kind.NEW_BROWSER, answered_at=None).exists()


def test_a_new_browser_answers_once_it_was_answered_for(rose):
    here, there = sign_in(rose), sign_in(rose, agent=SAFARI)
    press(here, Event.objects.latest("pk"))
    events.happened(rose, Kind.MANY_FAILURES, seen=THERE)
    press(there, Event.objects.latest("pk"))
    assert Event.objects.latest("pk").answered_at is not None


def test_nor_can_a_browser_in_which_the_member_never_signed_in(rose):
    sign_in(rose)
    stolen = browser()
    stolen.cookies["session"] = sign_in(rose, agent=SAFARI).cookies["session"].value
    event = Event.objects.latest("pk")
    press(stolen, event)
    event.refresh_from_db()
    assert event.answered_at is None


def test_a_browser_that_was_signed_in_before_answers(rose):
    here = sign_in(rose)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        sign_in(rose, agent=SAFARI)
        assert MINE in text_of(here.get("/friends/"))
        assert "do not ask about it again" in text_of(press(here, Event.objects.latest("pk")))
    assert Event.objects.latest("pk").answered_at is not None


def test_a_browser_that_was_signed_in_afterwards_has_to_show_who_it_is(rose):
    other = sign_in(rose)
    other.post("/sign-out/")
    sign_in(rose, agent=SAFARI)
    event = Event.objects.latest("pk")
    sign_in(rose, other)
    factories.let_time_pass(other)
    where = f"/settings/security/events/{event.pk}/mine/"
    asked = other.post(where)["Location"]
    assert asked.startswith("/sign-in/again/?next=")
    event.refresh_from_db()
    assert event.answered_at is None
    onward = asked.partition("next=")[2].replace("%3F", "?").replace("%3D", "=")
    other.post("/sign-in/again/", {"password": factories.PASSWORD, "next": onward}, follow=True)
    event.refresh_from_db()
    assert event.answered_at is not None


def test_what_a_signed_in_browser_did_itself_it_cannot_answer_for(rose):
    here, other = sign_in(rose), sign_in(rose, agent=SAFARI)
    press(here, Event.objects.latest("pk"))
    new = "barley under the bells"
    here.post("/password/change/", {"new_password": new})
    event = Event.objects.get(kind=Kind.PASSWORD_CHANGED)
    press(here, event)
    event.refresh_from_db()
    assert event.answered_at is None
    press(sign_in(rose, other, password=new), event)
    event.refresh_from_db()
    assert event.answered_at is not None


def test_nobody_answers_for_somebody_else(rose):
    here = sign_in(rose)
    sign_in(rose, agent=SAFARI)
    event = Event.objects.latest("pk")
    moss = sign_in(factories.make_member("moss"))
    assert press(moss, event).status_code == 404
    assert here.get(f"/settings/security/events/{event.pk}/mine/").status_code == 405
    event.refresh_from_db()
    assert event.answered_at is None


# --- what belongs together is told once ---------------------------------------------------------------------------
def enrol(client):
    client.get("/settings/security/app/")
    app = AuthenticatorApp.objects.get(confirmed=False)
    return client.post("/settings/security/app/", {"code": factories.code_of(app), "name": "Telephone"})


def test_the_first_second_step_and_its_codes_are_one_piece_of_news(rose, deliver, mailoutbox):
    client = factories.sign_in(browser(), rose)
    with deliver():
        page = enrol(client)
    assert len(page.context["codes"]) == 10
    assert "Added. From now on it can do the second step." in text_of(page)
    [mail] = mailoutbox
    assert "A second step was added" in mail.subject
    assert "and so can recovery codes that were made with it" in mail.body
    assert kinds(rose)[-2:] == [Kind.FACTOR_ADDED, Kind.FIRST_CODES]


def test_codes_made_later_are_news_of_their_own(rose, deliver, mailoutbox):
    client = factories.sign_in(browser(), rose)
    enrol(client)
    with deliver():
        client.post("/settings/security/codes/")
    assert "New recovery codes were made" in mailoutbox[-1].subject


def test_codes_are_news_where_no_step_was_added_a_moment_ago(rose, deliver, mailoutbox):
    factories.add_app(rose)
    with deliver():
        factories.make_codes(rose)
    assert "New recovery codes were made" in mailoutbox[-1].subject
