"""*This was not me*: everybody out, a new password, and what was done since undone."""

from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.contrib.auth.hashers import is_password_usable
from django.utils import timezone

from accounts import passwords
from accounts.models import Member
from security import disowning, events, tokens
from security.models import Browser, Event, Kind, Session, SignIn, Token
from security.observing import Observation
from tests import factories
from tests.security.walking import ELSEWHERE, SAFARI, browser, is_in, link_in, sign_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N2")]
NEW = "barley under the bells"


@pytest.fixture
def rose():
    return factories.make_member("rose")


@pytest.fixture
def deliver(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def alerted(rose, deliver, mailoutbox):
    """Return rose's browser, the thief's, and the link that was mailed."""
    here = sign_in(rose)
    with deliver():
        thief = sign_in(rose, agent=SAFARI, network=ELSEWHERE)
    return here, thief, link_in(mailoutbox[0])


def password_of(member):
    return Member.objects.get(pk=member.pk).password


def test_looking_at_the_page_does_nothing(rose, alerted):
    here, thief, link = alerted
    for client in (browser(), here):
        page = client.get(link)
        assert page.status_code == HTTPStatus.OK
        assert page["Referrer-Policy"] == "no-referrer"
        assert client.head(link).status_code == HTTPStatus.OK
    assert is_in(here)
    assert is_in(thief)
    assert is_password_usable(password_of(rose))


def test_the_page_says_what_was_done_since(rose, alerted):
    _here, _thief, link = alerted
    events.happened(rose, Kind.FACTOR_ADDED, seen=Observation("Safari on iPhone", "203.0.113.0/24"))
    said = text_of(browser().get(link))
    assert said.count("Signed in from a new browser") == 1
    assert "Second step added" in said
    assert "Safari on iPhone · network 203.0.113.0/24" in said


def test_pressing_puts_everybody_out_and_leads_to_a_new_password(rose, alerted):
    here, thief, link = alerted
    answer = browser().post(link)
    assert answer["Location"] == f"{link}password/"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not is_in(here)
    assert not is_in(thief)
    assert not Session.objects.exists()
    assert not SignIn.objects.exists()
    assert not Browser.objects.exists()
    assert not is_password_usable(password_of(rose))
    refused = thief.post("/sign-in/", {"email": rose.email, "password": factories.PASSWORD})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_the_same_link_sets_a_new_password_once(rose, alerted, deliver, mailoutbox):
    _here, _thief, link = alerted
    client = browser()
    page = client.post(link, follow=True)
    assert 'name="new_password"' in page.content.decode()
    assert "Signed in from a new browser" in text_of(page)
    short = client.post(f"{link}password/", {"new_password": "short"})
    assert short.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "short" not in short.content.decode().partition("<form")[2].partition("</form>")[0].replace("too short", "")
    with deliver():
        done = client.post(f"{link}password/", {"new_password": NEW})
    assert done["Location"].startswith("/sign-in/?next=")
    assert "by a mailed link" in mailoutbox[-1].subject
    assert is_in(sign_in(rose, client, password=NEW))
    assert browser().get(link).status_code == HTTPStatus.GONE
    again = browser().post(f"{link}password/", {"new_password": "another meadow of words"})
    assert again["Location"] == link
    assert Member.objects.get(pk=rose.pk).check_password(NEW)


def test_it_can_be_left_and_taken_up_again(rose, alerted):
    _here, _thief, link = alerted
    browser().post(link)
    assert browser().get(link)["Location"] == f"{link}password/"
    browser().post(f"{link}password/", {"new_password": NEW})
    assert Member.objects.get(pk=rose.pk).check_password(NEW)


def test_no_password_is_set_with_a_link_that_was_not_pressed(rose, alerted):
    _here, _thief, link = alerted
    answer = browser().post(f"{link}password/", {"new_password": NEW})
    assert answer["Location"] == link
    assert Member.objects.get(pk=rose.pk).check_password(factories.PASSWORD)


def test_pressing_in_the_session_of_the_member_signs_it_out_too(rose, alerted):
    here, _thief, link = alerted
    assert here.post(link)["Location"] == f"{link}password/"
    assert here.get("/settings/privacy/")["Location"].startswith("/sign-in/")


def test_others_keep_everything(rose):
    moss = factories.make_member("moss")
    client = sign_in(moss)
    disowning.disown(events.happened(rose, Kind.NEW_BROWSER))
    assert is_in(client)
    assert Browser.objects.filter(member=moss).exists()


@pytest.mark.promise("C2")
def test_what_is_known_above_is_undone_in_the_same_transaction(rose, monkeypatch):
    asked = []
    monkeypatch.setattr(disowning, "_undos", [])
    disowning.register_undo(lambda member, since: asked.append((member, since)))
    event = events.happened(rose, Kind.EMAIL_ASKED)
    disowning.disown(event)
    assert asked == [(rose, event.at - timedelta(hours=1))]

    def fails(member, since):
        raise RuntimeError("the change cannot be taken back")

    disowning.register_undo(fails)
    rose.set_password(NEW)
    rose.save()
    sign_in(rose, password=NEW)
    with pytest.raises(RuntimeError):
        disowning.disown(event)
    assert Member.objects.get().check_password(NEW)
    assert Session.objects.filter(member=rose).exists()


def test_links_that_may_have_been_mailed_to_somebody_else_die(rose, alerted, deliver, mailoutbox):
    _here, _thief, link = alerted
    reset = tokens.issue(rose, tokens.RESET_PASSWORD)
    with deliver():
        passwords.change_password(rose, "a password of the thief", seen=Observation())
    other = link_in(mailoutbox[-1])
    assert other != link
    browser().post(link)
    assert browser().get(other).status_code == HTTPStatus.GONE
    assert tokens.find(reset, tokens.RESET_PASSWORD) is None
    # What is left is the link that was pressed, and the one of the mail that says so.
    assert [token.event.kind for token in Token.objects.order_by("event")] == [Kind.NEW_BROWSER, Kind.NOT_ME]


def test_a_password_that_was_changed_since_does_not_kill_the_link(rose, alerted):
    _here, thief, link = alerted
    thief.post("/password/change/", {"new_password": "a password of the thief"})
    assert browser().post(link)["Location"] == f"{link}password/"
    assert not is_in(thief)


def test_it_is_written_down_and_alerts_are_answered_by_it(rose, alerted):
    _here, _thief, link = alerted
    browser().post(link)
    assert Event.objects.latest("pk").kind == Kind.NOT_ME
    assert not Event.objects.filter(is_alert=True, answered_at=None).exists()


@pytest.mark.promise("N1")
def test_pressing_without_end_is_slowed_down(rose, alerted):
    _here, _thief, link = alerted
    statuses = []
    for _time in range(12):
        Member.objects.filter(pk=rose.pk).update(password=rose.password)
        answer = browser().post(link)
        statuses.append(answer.status_code)
    assert statuses == [HTTPStatus.FOUND] * 10 + [HTTPStatus.TOO_MANY_REQUESTS] * 2
    assert int(answer["Retry-After"]) > 0
    assert "Nothing was done this time" in text_of(answer)


def test_a_link_lasts_a_week(rose, alerted):
    _here, _thief, link = alerted
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert browser().get(link).status_code == HTTPStatus.GONE
        assert browser().post(link).status_code == HTTPStatus.GONE
    assert is_password_usable(password_of(rose))


@pytest.mark.parametrize("token", ["x", "é", "x" * 43, "' OR 1=1 --"])
def test_nonsense_opens_nothing(rose, token):
    for answer in (browser().get(f"/security/not-me/{token}/"), browser().post(f"/security/not-me/{token}/")):
        assert answer.status_code == HTTPStatus.GONE
        assert answer["Referrer-Policy"] == "no-referrer"


def test_a_link_of_another_purpose_opens_nothing(rose):
    token = tokens.issue(rose, tokens.RESET_PASSWORD)
    assert browser().post(f"/security/not-me/{token}/").status_code == HTTPStatus.GONE


def test_who_is_suspended_gets_no_new_password(rose, alerted):
    _here, _thief, link = alerted
    browser().post(link)
    Member.objects.update(is_active=False)
    assert browser().get(link).status_code == HTTPStatus.GONE
    assert browser().post(f"{link}password/", {"new_password": NEW})["Location"] == link
    assert not is_password_usable(password_of(rose))


# --- from a session
def test_the_same_is_to_be_had_from_a_session_that_has_just_shown_who_it_is(rose, alerted):
    here, thief, _link = alerted
    event = Event.objects.latest("pk")
    where = f"/settings/security/not-me/{event.pk}/"
    assert f'href="{where}"' in here.get("/friends/").content.decode()
    assert "Signed in from a new browser" in text_of(here.get(where))
    onward = here.post(where)["Location"]
    assert onward.endswith("/password/")
    assert not is_in(here)
    assert not is_in(thief)
    assert browser().get(onward).status_code == HTTPStatus.OK
    here.post(onward, {"new_password": NEW})
    assert Member.objects.get(pk=rose.pk).check_password(NEW)
    assert browser().get(onward).status_code == HTTPStatus.FOUND


def press_in(thief, event):
    """Press in a session, and return where the new password is set."""
    return thief.post(f"/settings/security/not-me/{event.pk}/")["Location"]


@pytest.mark.promise("C2")
@pytest.mark.parametrize("pressed", [Kind.SIGNED_IN, Kind.NEW_BROWSER])
def test_a_thief_in_a_session_puts_no_mailed_link_out_of_reach(rose, alerted, deliver, mailoutbox, pressed):
    _here, thief, link = alerted
    with deliver():
        onward = press_in(thief, Event.objects.get(kind=pressed))
        thief.post(onward, {"new_password": "a password of the thief"})
    told = [mail for mail in mailoutbox if "said that it was not you" in mail.subject]
    assert [mail.to for mail in told] == [[rose.email]]
    for each in (link, link_in(told[0])):
        assert browser().get(each).status_code == HTTPStatus.OK
    assert browser().post(link)["Location"] == f"{link}password/"
    assert not is_password_usable(password_of(rose))


@pytest.mark.promise("C2")
def test_the_way_on_from_a_session_ends_when_the_owner_presses_or_sets_a_password(rose, alerted, deliver):
    _here, thief, link = alerted
    onward = press_in(thief, Event.objects.earliest("pk"))
    browser().post(f"{link}password/", {"new_password": NEW})
    assert not Token.objects.filter(purpose=tokens.NEW_PASSWORD).exists()
    thief = sign_in(rose, password=NEW)
    event = Event.objects.latest("pk")
    onward = press_in(thief, Event.objects.earliest("pk"))
    disowning.disown(event)
    assert thief.post(onward, {"new_password": "a password of the thief"})["Location"].startswith("/security/not-me/")
    assert not is_password_usable(password_of(rose))


@pytest.mark.promise("C2")
def test_links_that_were_mailed_to_another_address_die_though_it_is_said_in_a_session(rose):
    started = timezone.now()
    links = {}
    for hours, kind in enumerate((Kind.SIGNED_IN, Kind.NEW_BROWSER, Kind.EMAIL_CHANGED, Kind.PASSWORD_CHANGED)):
        with time_machine.travel(started + timedelta(hours=hours), tick=False):
            event = events.happened(rose, kind)
            links[kind] = tokens.issue(rose, tokens.NOT_ME, event=event)
    with time_machine.travel(started + timedelta(hours=9), tick=False):
        disowning.disown(Event.objects.get(kind=Kind.NEW_BROWSER), from_session=True)
        good = [kind for kind, token in links.items() if tokens.find(token, tokens.NOT_ME)]
    assert good == [Kind.SIGNED_IN, Kind.NEW_BROWSER, Kind.EMAIL_CHANGED]


@pytest.mark.promise("N1")
def test_presses_in_a_session_use_up_nothing_of_the_owner(rose, alerted):
    _here, _thief, link = alerted
    event = Event.objects.latest("pk")
    for _time in range(11):
        Member.objects.filter(pk=rose.pk).update(password=rose.password)
        answer = sign_in(rose).post(f"/settings/security/not-me/{event.pk}/")
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert browser().post(link).status_code == HTTPStatus.FOUND


@pytest.mark.promise("C2")
def test_from_a_session_it_takes_a_fresh_sign_in(rose, alerted):
    here, _thief, _link = alerted
    where = f"/settings/security/not-me/{Event.objects.latest('pk').pk}/"
    factories.let_time_pass(here)
    for answer in (here.get(where), here.post(where)):
        assert answer["Location"].startswith("/sign-in/again/")
    assert is_password_usable(password_of(rose))


def test_nobody_says_it_for_somebody_else(rose, alerted):
    moss = sign_in(factories.make_member("moss"))
    where = f"/settings/security/not-me/{Event.objects.filter(member=rose).latest('pk').pk}/"
    assert moss.get(where).status_code == HTTPStatus.NOT_FOUND
    assert moss.post(where).status_code == HTTPStatus.NOT_FOUND
    assert is_password_usable(password_of(rose))
