"""What ends, ends with the note of it: after a kill between two lines, and for whoever holds a copy of something."""

from datetime import timedelta
from urllib.parse import unquote, urlencode

import pytest
import time_machine
from django.utils import timezone

from accounts import email_change
from accounts.models import EmailChange, Member
from security import disowning, events, recovering, tokens
from security.models import AuthenticatorApp, Browser, Event, Kind, Passkey, Session
from tests import factories
from tests.security.device import Device
from tests.security.walking import SAFARI, browser, is_in, sign_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N2")]
NEW = "barley under the bells"


@pytest.fixture
def rose():
    return factories.make_member("rose")


@pytest.fixture
def dying(monkeypatch):
    """Have the process die where an event would be written."""

    def dies(*args, **kwargs):
        raise SystemExit

    def die():
        monkeypatch.setattr(events, "happened", dies)

    return die


# --- killed between two lines -------------------------------------------------------------------------------------
def test_a_passkey_and_the_event_of_it_are_one(rose, dying):
    client = factories.sign_in_freshly(rose)
    device = Device()
    options = client.post("/settings/security/passkey/begin/", {}, content_type="application/json").json()
    said = {**device.make(options), "name": "T"}
    dying()
    with pytest.raises(SystemExit):
        client.post("/settings/security/passkey/add/", said, content_type="application/json")
    assert not Passkey.objects.exists()


@pytest.mark.parametrize("where", ["sessions/end-others/", "gave-away/"])
def test_the_end_of_sessions_and_the_event_of_it_are_one(rose, dying, where):
    here, there = sign_in(rose), sign_in(rose, agent=SAFARI)
    dying()
    with pytest.raises(SystemExit):
        here.post(f"/settings/security/{where}", {"step": "sessions"})
    assert is_in(there)


def test_ending_one_session_and_the_event_of_it_are_one(rose, dying):
    here, there = sign_in(rose), sign_in(rose, agent=SAFARI)
    dying()
    with pytest.raises(SystemExit):
        here.post(f"/settings/security/sessions/{there.session['sign-in']}/end/")
    assert is_in(there)


def test_a_step_that_is_removed_and_the_sessions_it_ends_are_one(rose, dying):
    here, there = (factories.sign_in(browser(), rose, verified=True) for _number in range(2))
    app = AuthenticatorApp.objects.get()
    dying()
    with pytest.raises(SystemExit):
        here.post(f"/settings/security/steps/app/{app.pk}/remove/")
    assert AuthenticatorApp.objects.exists()
    assert is_in(there)


def test_no_event_tells_of_an_end_that_was_none(rose):
    here = sign_in(rose)
    here.post("/settings/security/gave-away/", {"step": "told"})
    here.post("/settings/security/gave-away/", {"step": "sessions"})
    assert not Event.objects.filter(kind=Kind.SESSIONS_ENDED).exists()


# --- after *This was not me* --------------------------------------------------------------------------------------
def link_about(member, kind=Kind.MANY_FAILURES):
    event = events.happened(member, kind)
    return f"/security/not-me/{tokens.issue(member, tokens.NOT_ME, event=event)}/"


def test_of_an_account_without_a_password_sessions_end_too(rose):
    Member.objects.filter(pk=rose.pk).update(password="!none")
    thief = factories.sign_in(browser(), Member.objects.get())
    browser().post(link_about(rose))
    assert not is_in(thief)


def test_the_new_password_is_set_from_a_session_too_and_leads_to_the_door(rose):
    client = browser()
    link = link_about(rose)
    client.post(link)
    factories.sign_in(client, Member.objects.get())
    answer = client.post(f"{link}password/", {"new_password": NEW})
    assert answer["Location"].startswith("/sign-in/")
    assert Member.objects.get().check_password(NEW)


def test_who_tries_passwords_keeps_nobody_out_who_has_just_set_a_new_one(rose):
    owner, link = browser(), link_about(rose)
    owner.post(link)
    owner.post(f"{link}password/", {"new_password": NEW})
    for number in range(12):
        browser(network=f"203.0.{number}.9").post("/sign-in/", {"email": rose.email, "password": "x" * 12})
    assert owner.post("/sign-in/", {"email": rose.email, "password": NEW}).status_code == 302


def test_the_path_is_begun_also_where_steps_are_in_question(rose):
    event = events.happened(rose, Kind.NEW_BROWSER)
    factories.add_app(rose)
    disowning.disown(event)
    assert Event.objects.filter(kind=Kind.NOT_ME_STEPS).exists()
    done = {step.slug: step.is_done for step in recovering.steps_of(rose, here=None)}
    assert done["told"]
    assert done["sessions"]


@pytest.mark.parametrize("hours", [0, 3, 20])
def test_a_new_address_is_taken_back_however_long_before_it_was_asked_for(rose, hours):
    token, _stop = factories.begin_email_change(rose, "thief@example.org")
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        assert email_change.confirm(token, seen=events.NOWHERE)
        disowning.disown(Event.objects.get(kind=Kind.EMAIL_CHANGED), from_session=True)
    assert Member.objects.get().email == "rose@example.org"


def test_a_copy_of_a_cookie_is_worth_nothing_once_its_owner_has_signed_in_again(rose):
    owner = sign_in(rose)
    copied = owner.cookies["browser"].value
    owner.post("/sign-out/")
    sign_in(rose, owner)
    assert Event.objects.latest("pk").kind == Kind.SIGNED_IN
    assert owner.cookies["browser"].value != copied
    thief = browser(agent=SAFARI)
    thief.cookies["browser"] = copied
    sign_in(rose, thief)
    assert Event.objects.latest("pk").kind == Kind.NEW_BROWSER
    assert Browser.objects.filter(member=rose).count() == 2


def test_a_copy_of_a_cookie_is_a_new_browser_after_browsers_were_forgotten(rose):
    copied = sign_in(rose).cookies["browser"].value
    disowning.disown(events.happened(rose, Kind.NEW_BROWSER))
    member = Member.objects.get()
    member.set_password(NEW)
    member.save()
    sign_in(rose, password=NEW)
    thief = browser(agent=SAFARI)
    thief.cookies["browser"] = copied
    sign_in(rose, thief, password=NEW)
    assert Event.objects.latest("pk").kind == Kind.NEW_BROWSER


def test_a_cookie_that_was_left_in_a_browser_is_not_that_of_who_signs_in_there(rose):
    shared = browser()
    sign_in(factories.make_member("nettle"), shared)
    left = shared.cookies["browser"].value
    shared.post("/sign-out/")
    sign_in(rose, shared)
    elsewhere = browser(agent=SAFARI)
    elsewhere.cookies["browser"] = left
    sign_in(rose, elsewhere)
    assert Event.objects.filter(member=rose).latest("pk").kind == Kind.NEW_BROWSER


def test_a_browser_that_several_share_knows_each_of_them_again(rose):
    shared = browser()
    people = [rose, *(factories.make_member(f"member{number}") for number in range(3))]
    for _turn in range(3):
        for member in people:
            sign_in(member, shared)
            shared.post("/sign-out/")
    assert {member: Browser.objects.filter(member=member).count() for member in people} == dict.fromkeys(people, 1)
    assert len(shared.cookies["browser"].value) < 300


# --- what is shown ------------------------------------------------------------------------------------------------
def test_what_happened_here_does_not_hide_what_happened_elsewhere(rose):
    here = sign_in(rose)
    mine = Browser.objects.get()
    sign_in(rose, agent=SAFARI)
    now = timezone.now()
    Event.objects.bulk_create(
        Event(member=rose, kind=Kind.PHONE_CHANGED, is_alert=True, browser=mine, at=now) for _number in range(30)
    )
    assert "Somebody signed in from a new browser" in text_of(here.get("/friends/"))


def test_a_session_whose_time_is_over_is_counted_nowhere(rose):
    here = sign_in(rose)
    sign_in(rose, agent=SAFARI)
    others = Session.objects.filter(member=rose).exclude(sign_in_id=here.session["sign-in"])
    others.update(expire_date=timezone.now() - timedelta(minutes=5))
    assert "other browser" not in text_of(here.get("/settings/security/"))
    assert "nowhere else" in text_of(here.get("/settings/security/sessions/"))


def test_what_was_typed_stands_in_no_trace_of_what_was_refused():
    from security.allowances import Limit, Share

    assert "rose@" not in repr(Share(Limit("mail", 1, timedelta(1)), ("rose@example.org",)))


# --- what somebody did themself -----------------------------------------------------------------------------------
def test_who_sets_a_password_by_a_mailed_link_is_not_asked_about_it_in_that_browser_and_is_in_others(rose):
    other = sign_in(rose, agent=SAFARI)
    owner = browser()
    reset = tokens.issue(rose, tokens.RESET_PASSWORD)
    owner.post(f"/password/reset/{reset}/", {"new_password": NEW})
    sign_in(rose, owner, password=NEW)
    assert "Your password was changed" not in text_of(owner.get("/friends/"))
    sign_in(rose, other, password=NEW)
    assert "Somebody signed in from a new browser" in text_of(other.get("/friends/"))
    event = Event.objects.get(kind=Kind.PASSWORD_RESET)
    assert event.browser_id == Event.objects.get(kind=Kind.NEW_BROWSER).browser_id
    Event.objects.filter(kind=Kind.NEW_BROWSER).update(is_alert=False)
    assert "Your password was changed" in text_of(other.get("/friends/"))


def test_a_change_of_address_that_was_ended_asks_nobody_any_more(rose):
    here = factories.sign_in_freshly(rose)
    other = sign_in(rose, agent=SAFARI)
    here.post("/settings/email/", {"email": "rose@new.example"})
    assert "Another e-mail address was asked for" in text_of(other.get("/friends/"))
    here.post("/settings/email/cancel/")
    assert "Another e-mail address was asked for" not in text_of(other.get("/friends/"))
    assert Event.objects.filter(kind=Kind.EMAIL_STOPPED).count() == 1
    here.post("/settings/email/cancel/")
    assert Event.objects.filter(kind=Kind.EMAIL_STOPPED).count() == 1


def test_staff_are_offered_nothing_that_is_refused(rose):
    Member.objects.filter(pk=rose.pk).update(is_staff=True)
    client = factories.sign_in(browser(), Member.objects.get(), verified=True)
    app = AuthenticatorApp.objects.get()
    page = client.get(f"/settings/security/steps/app/{app.pk}/").content.decode()
    assert "/remove/" not in page
    assert "Add another one" in page


# --- what waits for a fresh sign-in -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("where", "sent", "said"),
    [
        ("/password/change/", {"new_password": "a password of the thief"}, "a new password for your account"),
        ("/settings/email/", {"email": "thief@example.org"}, "another e-mail address"),
    ],
)
def test_who_shows_who_they_are_is_told_what_goes_on_then_and_can_throw_it_away(rose, where, sent, said):
    client = sign_in(rose)
    factories.let_time_pass(client)
    page = client.post(where, sent, follow=True)
    assert page.redirect_chain[-1][0].startswith("/sign-in/again/")
    assert f"{said}" in text_of(page)
    assert "Throw it away" in text_of(page)
    going_on = page.redirect_chain[-1][0].split("next=")[1]
    assert client.post("/sign-in/again/drop/").status_code == 302
    client.post("/sign-in/again/", {"password": factories.PASSWORD, "next": unquote(going_on)}, follow=True)
    assert Member.objects.get().check_password(factories.PASSWORD)
    assert not EmailChange.objects.exists()


def test_what_waits_is_named_wherever_the_page_leads_and_in_no_other_session(rose):
    client, other = sign_in(rose), sign_in(rose, agent=SAFARI)
    factories.let_time_pass(client)
    factories.let_time_pass(other)
    client.post("/password/change/", {"new_password": "x" * 20})
    for where in ("/friends/", "/sign-in/again/?next=%2Fpassword%2Fchange%2F", "/"):
        shown = text_of(client.get(f"/sign-in/again/?{urlencode({'next': where})}"))
        assert "a new password for your account" in shown
        assert "waits for you" not in text_of(other.get(f"/sign-in/again/?{urlencode({'next': where})}"))


def test_who_never_was_here_leaves_no_session_behind(rose):
    passer_by = browser()
    answer = passer_by.post("/circles/", {"name": "Family"})
    assert answer["Location"].startswith("/sign-in/")
    assert "Nothing was saved yet" in text_of(passer_by.get(answer["Location"]))
    assert not Session.objects.exists()
