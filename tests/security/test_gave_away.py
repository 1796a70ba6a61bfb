"""*I gave my password to somebody*: a path whose steps are done when the rows say so."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.utils import timezone

from security import events
from security.models import Event, Kind
from tests import factories
from tests.security.walking import SAFARI, browser, is_in, link_in, sign_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N2")]
PATH = "/settings/security/gave-away/"
NEW = "barley under the bells"
ALL = ["What happened", "Sign out", "New password", "Second steps", "E-mail and phone", "Who sees what"]


@pytest.fixture
def rose():
    return factories.make_member("rose")


def state(client):
    """Return the titles that are done, and the one at which the member stands."""
    body = client.get(PATH).content.decode()
    done = re.findall(r'<li class="is-done"[^>]*><span>([^<]+)<', body)
    now = re.findall(r'aria-current="step"><span>([^<]+)<', body)
    return done, now[0] if now else None


def say(client, step):
    return client.post(PATH, {"step": step})


def test_the_whole_path(rose):
    here, thief = sign_in(rose), sign_in(rose, agent=SAFARI)
    assert state(here) == ([], ALL[0])
    say(here, "told")
    assert state(here) == (ALL[:1], ALL[1])
    assert is_in(thief)
    say(here, "sessions")
    assert not is_in(thief)
    assert state(here) == (ALL[:2], ALL[2])
    done = here.post(f"/password/change/?next={PATH}", {"new_password": NEW})
    assert done["Location"] == PATH
    assert state(here) == (ALL[:3], ALL[3])
    for number, step in enumerate(("steps", "contact", "audiences"), start=4):
        assert say(here, step)["Location"] == PATH
        assert state(here)[0] == ALL[:number]
    assert state(here) == (ALL, None)
    assert "Your account is yours again" in text_of(here.get(PATH))


def test_it_can_be_left_and_taken_up_in_another_session(rose):
    here = sign_in(rose)
    say(here, "told")
    say(here, "sessions")
    here.post("/sign-out/")
    assert state(sign_in(rose)) == (ALL[:2], ALL[2])


def test_what_was_done_on_other_pages_counts(rose):
    here = sign_in(rose)
    there = sign_in(rose)
    say(here, "told")
    here.post("/password/change/", {"new_password": NEW})
    assert not is_in(there)
    assert state(here) == (ALL[:3], ALL[3])


def test_what_was_done_before_does_not_count(rose):
    here = sign_in(rose)
    here.post("/password/change/", {"new_password": NEW})
    for step in ("steps", "contact", "audiences"):
        say(here, step)
    say(here, "told")
    assert state(here)[0] == ALL[:2]  # nobody else is signed in


def test_who_signs_in_afterwards_does_not_undo_the_step(rose):
    here = sign_in(rose)
    say(here, "told")
    sign_in(rose, agent=SAFARI)
    assert state(here)[0] == ALL[:2]


@pytest.mark.parametrize(
    ("step", "title", "change"),
    [
        ("steps", "Second steps", Kind.FACTOR_ADDED),
        ("steps", "Second steps", Kind.CODES_MADE),
        ("contact", "E-mail and phone", Kind.EMAIL_ASKED),
        ("contact", "E-mail and phone", Kind.PHONE_CHANGED),
    ],
)
def test_what_has_changed_since_is_to_be_looked_over_again(rose, step, title, change):
    here = sign_in(rose)
    say(here, "told")
    say(here, step)
    assert title in state(here)[0]
    events.happened(rose, change)
    assert title not in state(here)[0]
    say(here, step)
    assert title in state(here)[0]


def test_saying_that_it_was_not_me_is_a_beginning_too(rose, django_capture_on_commit_callbacks, mailoutbox):
    sign_in(rose)
    with django_capture_on_commit_callbacks(execute=True):
        thief = sign_in(rose, agent=SAFARI)
    link = link_in(mailoutbox[0])
    thief.post(link)
    onward = thief.post(f"{link}password/", {"new_password": NEW})["Location"]
    assert onward == f"/sign-in/?next={PATH.replace('/', '%2F')}"
    assert state(sign_in(rose, password=NEW)) == (ALL[:3], ALL[3])


def test_a_path_is_over_after_a_month(rose):
    here = sign_in(rose)
    say(here, "told")
    with time_machine.travel(timezone.now() + timedelta(days=29)):
        assert state(here)[0][:1] == ALL[:1]
        here = sign_in(rose)
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        assert state(here)[0] == []


def test_it_can_begin_anew(rose):
    here = sign_in(rose)
    say(here, "told")
    here.post("/password/change/", {"new_password": NEW})
    say(here, "told")
    assert "New password" not in state(here)[0]


def test_a_step_that_is_done_can_be_looked_at_again_and_none_before_the_beginning(rose):
    here = sign_in(rose)
    title = re.compile(r'aria-current="step"><span>([^<]+)<')
    assert title.findall(here.get(f"{PATH}?step=contact").content.decode()) == [ALL[0]]
    say(here, "told")
    assert title.findall(here.get(f"{PATH}?step=contact").content.decode()) == ["E-mail and phone"]
    assert title.findall(here.get(f"{PATH}?step=nonsense").content.decode()) == [ALL[2]]


def test_a_step_that_is_none_is_not_found_and_writes_nothing(rose):
    here = sign_in(rose)
    before = Event.objects.count()
    for step in ("", "password", "not-me", "signed-in"):
        assert say(here, step).status_code == HTTPStatus.NOT_FOUND
    assert Event.objects.count() == before


@pytest.mark.promise("C2")
def test_each_step_takes_a_fresh_sign_in_and_goes_on_by_itself(rose):
    here, other = sign_in(rose), sign_in(rose, agent=SAFARI)
    factories.let_time_pass(here)
    asked = say(here, "sessions")["Location"]
    assert asked.startswith("/sign-in/again/?next=")
    assert is_in(other)
    shown = here.post(asked, {"password": factories.PASSWORD})
    assert here.get(shown["Location"])["Location"] == PATH
    assert is_in(here)
    assert not is_in(other)


@pytest.mark.promise("N1")
def test_pressing_without_end_is_slowed_down(rose):
    here = sign_in(rose)
    before = Event.objects.count()
    statuses = [say(here, "told").status_code for _time in range(32)]
    assert statuses == [HTTPStatus.FOUND] * 30 + [HTTPStatus.TOO_MANY_REQUESTS] * 2
    assert Event.objects.count() == before + 30
    answer = say(here, "told")
    assert int(answer["Retry-After"]) > 0
    assert "Nothing was done this time" in text_of(answer)


def test_others_see_nothing_of_it(rose):
    say(sign_in(rose), "told")
    assert state(sign_in(factories.make_member("moss"))) == ([], ALL[0])


def main_button_of(page):
    [found] = re.findall(r'<(a|button) class="button button--primary"[^>]*>([^<]+)<', page.content.decode())
    return found


def test_who_has_no_second_step_is_led_to_one_and_back(rose):
    here = sign_in(rose)
    say(here, "told")
    page = here.get(f"{PATH}?step=steps")
    assert main_button_of(page) == ("a", "Add one")
    assert "recovery codes" not in text_of(page)
    ways = here.get(f"/settings/security/?next={PATH}").content.decode()
    assert f'href="/settings/security/app/?next={PATH}"' in ways
    assert f'href="/settings/security/passkey/?next={PATH}"' in ways
    assert say(here, "steps")["Location"] == PATH  # going on without one is one press as well
    assert "Second steps" in state(here)[0]


def test_who_has_second_steps_looks_them_over(rose):
    factories.add_app(rose, "Telephone in my pocket")
    here = factories.sign_in(browser(), rose, verified=True)
    say(here, "told")
    page = here.get(f"{PATH}?step=steps")
    assert main_button_of(page) == ("button", "These are mine, go on")
    assert "Telephone in my pocket" in text_of(page)
