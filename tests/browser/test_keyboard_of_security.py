"""What keeps an account safe, by keyboard alone, with and without JavaScript."""

import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Member
from security import disowning, events, tokens
from security.models import AuthenticatorApp, Event, Kind
from tests.factories import PASSWORD, code_of
from tests.security.walking import ELSEWHERE, SAFARI, is_in, sign_in

from .conftest import NARROW, Town
from .keyboard import WITH_AND_WITHOUT_SCRIPT, WITH_SCRIPT, Keyboard

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.promise("N2")]

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
SESSIONS, EVENTS, PATH = (f"/settings/security/{page}/" for page in ("sessions", "events", "gave-away"))
NEW = "barley under the bells"


def walk_in(keys: Keyboard, address: str, person: Member) -> None:
    """Come to a page of one's own through the door, as a browser that is known from then on."""
    keys.open(address)
    keys.sign_in(person.email, PASSWORD)


@WITH_AND_WITHOUT_SCRIPT
def test_ending_one_session_and_all_others(town: Town, hands: Any):
    keys = hands(viewport=NARROW)
    walk_in(keys, SESSIONS, town.rose)
    one, other = (sign_in(town.rose, agent=agent, network=ELSEWHERE) for agent in (SAFARI, CHROME))
    keys.open(SESSIONS)
    keys.reach(keys.page.get_by_role("button", name=re.compile("^Sign out ?: Safari")))
    keys.enter("Space")
    expect(keys.page.get_by_role("status")).to_contain_text("Signed out there.")
    assert (is_in(one), is_in(other)) == (False, True)
    keys.press("Sign out the other browser")
    expect(keys.page.get_by_role("status")).to_contain_text("signed in here and nowhere else")
    assert not is_in(other)
    assert keys.page.get_by_role("button", name=re.compile("^Sign out")).count() == 0


@WITH_AND_WITHOUT_SCRIPT
def test_answering_an_alert_and_disowning_another(town: Town, hands: Any):
    keys = hands()
    page = keys.page
    walk_in(keys, EVENTS, town.rose)
    thief = sign_in(town.rose, agent=SAFARI, network=ELSEWHERE)
    events.happened(town.rose, Kind.MANY_FAILURES)
    keys.open("/friends/")
    keys.press("It was me")
    expect(page.get_by_role("status")).to_contain_text("We do not ask about it again.")
    keys.open(EVENTS)
    assert page.get_by_text("no answer yet").count() == 1
    keys.reach(page.get_by_role("button", name=re.compile("^It was me ?: Signed in from a new browser")))
    keys.enter("Space")
    assert not Event.objects.filter(member=town.rose, is_alert=True, answered_at=None).exists()
    assert page.get_by_text("no answer yet").count() == 0
    keys.reach(page.get_by_role("link", name=re.compile("^This was not me ?: Signed in from a new browser")))
    keys.enter()
    keys.press("Sign everybody out, set a new password")
    assert not is_in(thief)
    keys.write("New password", NEW)
    keys.press("Set the password")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


@WITH_AND_WITHOUT_SCRIPT
def test_from_the_mailed_link_this_was_not_me_to_an_account_that_is_ones_own_again(town: Town, hands: Any):
    thief = sign_in(town.rose, agent=SAFARI, network=ELSEWHERE)
    event = events.happened(town.rose, Kind.NEW_BROWSER)
    keys = hands(viewport=NARROW)
    keys.open(reverse("security:not-me", args=[tokens.issue(town.rose, tokens.NOT_ME, event=event)]))
    keys.press("Sign everybody out, set a new password")
    assert not is_in(thief)
    keys.press("Set the password")
    expect(keys.page.get_by_role("alert")).to_contain_text("please look at this")
    keys.write("New password", NEW)
    keys.press("Set the password")
    keys.sign_in(town.rose.email, NEW)
    expect(keys.page.get_by_role("heading", level=1)).to_have_text("Second steps")
    for button in ("Go on without one", "They are mine, go on", "It is as I want it, go on"):
        keys.press(button)
    expect(keys.page.get_by_role("heading", level=1)).to_have_text("Your account is yours again")


@WITH_AND_WITHOUT_SCRIPT
def test_i_gave_my_password_to_somebody_with_a_first_second_step_on_the_way(town: Town, hands: Any):
    keys = hands()
    walk_in(keys, PATH, town.rose)
    somebody = sign_in(town.rose, agent=SAFARI, network=ELSEWHERE)
    keys.press("Somebody knows my password: begin")
    keys.press("Sign out every other browser")
    assert not is_in(somebody)
    keys.follow("Choose a new password")
    keys.write("New password", NEW)
    keys.press("Change the password")
    keys.follow("Add one")
    keys.follow("Add an authenticator app")
    keys.write("Six digits", code_of(AuthenticatorApp.objects.get(user=town.rose)))
    keys.press("Add this app")
    keys.follow("I have them, go on")
    for button in ("These are mine, go on", "They are mine, go on", "It is as I want it, go on"):
        keys.press(button)
    expect(keys.page.get_by_role("heading", level=1)).to_have_text("Your account is yours again")


@WITH_SCRIPT
def test_none_of_these_pages_holds_the_focus(town: Town, hands: Any):
    event, other = (events.happened(person, Kind.NEW_BROWSER) for person in (town.rose, town.moss))
    links = [tokens.issue(each.member, tokens.NOT_ME, event=each) for each in (event, other)]
    disowning.disown(other)
    visitor, rose = hands(), hands(town.rose)
    visitor.assert_no_trap(reverse("security:not-me", args=[links[0]]))
    visitor.assert_no_trap(reverse("accounts:not-me-password", args=[links[1]]))
    sign_in(town.rose, agent=SAFARI, network=ELSEWHERE)
    for address in (SESSIONS, EVENTS, PATH, f"/settings/security/not-me/{event.pk}/"):
        rose.assert_no_trap(address)
