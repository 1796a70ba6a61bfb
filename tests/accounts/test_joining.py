"""Joining: what is asked, what is stored, who is turned away, and what an outsider can learn."""

import re
import time
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client, TestCase
from django.utils import timezone
from django.utils.html import escape

from accounts import housekeeping, registration, tasks
from accounts.models import Member, Profile, ReservedHandle
from catalogue.registry import personal_data_of
from catalogue.vocabulary import Audience
from encryption.keys import is_destroyed
from encryption.models import MemberKey
from privacy.defaults import defaults_in_force
from privacy.fields import bearers
from privacy.models import FieldDefault, PolicyAcceptance, PolicyVersion
from privacy.policy import policy_in_force
from security import discretion
from security.models import Session, Token
from tests import factories

pytestmark = pytest.mark.django_db
PASSWORD = "beans bells and barley"
TODAY = datetime(2026, 11, 24, 12, tzinfo=UTC)


def entries(**changed):
    """Return what somebody types who joins."""
    typed = {
        "handle": "rose",
        "email": "rose@example.org",
        "password": PASSWORD,
        "day": "1",
        "month": "4",
        "year": "1990",
        "agree": "on",
    }
    typed |= changed
    return {name: value for name, value in typed.items() if value is not None}


@pytest.fixture(autouse=True)
def _an_old_policy():
    """Let the policy have been in force all along, whatever day a test travels to."""
    [(number, body)] = PolicyVersion.objects.values_list("number", "body")
    PolicyVersion.objects.all().delete()
    PolicyVersion.objects.create(number=number, body=body, effective_at=datetime(2020, 1, 1, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(discretion, "EVEN_SECONDS", 0)


@pytest.fixture
def visitor():
    return Client()


@pytest.fixture
def join(django_capture_on_commit_callbacks):
    """Return a function that joins with a new browser, or a given one, and has the mails delivered."""

    def _join(visitor=None, **changed):
        with django_capture_on_commit_callbacks(execute=True):
            return (visitor or Client()).post("/join/", entries(**changed))

    return _join


def link_in(mail):
    """Return the path of the link in a mail."""
    return re.search(re.escape(settings.PUBLIC_URL) + r"(/join/confirm/\S+)", mail.body)[1]


@pytest.mark.promise("A2")
def test_every_field_says_why_it_is_asked(visitor):
    page = visitor.get("/join/").content.decode()
    asked = [personal_data_of("accounts.Member").field(name) for name in ("handle", "email", "password")]
    asked += [bearer.declared for bearer in bearers().values()]
    assert [each.name for each in asked if str(escape(each.why)) not in page] == []


@pytest.mark.promise("A2")
@pytest.mark.promise("A1")
def test_joining_asks_for_nothing_that_joining_does_not_need(visitor):
    page = visitor.get("/join/").content.decode()
    names = set(re.findall(r'<(?:input|textarea|select)[^>]*\sname="([^"]+)"', page))
    audiences = {f"audience-{name}" for name in bearers()}
    assert names == audiences | {
        "csrfmiddlewaretoken", "handle", "email", "password", "day", "month", "year", "agree", "policy",
    }  # fmt: skip


@pytest.mark.promise("E2")
def test_the_page_shows_the_default_of_every_field_and_lets_it_be_changed(visitor):
    page = visitor.get("/join/").content.decode()
    for name, audience in defaults_in_force().items():
        select = re.search(rf'<select[^>]*name="audience-{name}".*?</select>', page, re.DOTALL)[0]
        assert re.findall(r'value="(\w+)" selected', select) == [audience.word]
        assert re.findall(r'value="(\w+)"', select) == ["everyone", "members", "friends", "only_me"]
    assert page.count('<details class="fold"') == len(set(defaults_in_force().values()))


@pytest.mark.promise("E2")
@pytest.mark.parametrize("sent", [None, "", "circles", "nonsense"])
def test_a_page_with_errors_never_shows_a_wider_audience_than_was_there(join, sent):
    audiences = {f"audience-{name}": sent for name in bearers()}
    page = join(handle="x", **audiences).content.decode()
    shown = re.findall(r'<select name="audience-(\w+)".*?value="(\w+)" selected', page, re.DOTALL)
    assert dict(shown) == {name: audience.word for name, audience in defaults_in_force().items()}


@pytest.mark.promise("E2")
@pytest.mark.promise("B1")
def test_who_joins_and_changes_nothing_starts_with_the_defaults_on_record(join):
    answer = join()
    assert (answer.status_code, answer["Location"]) == (HTTPStatus.FOUND, "/join/sent/")
    member = Member.objects.get(handle="rose")
    stored = {name: Audience(getattr(member.profile, bearer.audience)) for name, bearer in bearers().items()}
    assert stored == defaults_in_force()
    assert member.joined_under.audiences == {name: audience.word for name, audience in stored.items()}
    assert (member.email, member.profile.birth_date) == ("rose@example.org", date(1990, 4, 1))
    assert member.profile.listed
    assert (member.profile.display_name, member.profile.public_name) == (None, "")
    assert member.email_verified_at is None
    assert not member.is_staff


@pytest.mark.promise("E2")
def test_who_joins_gets_the_audiences_they_choose_and_the_defaults_stay_on_record(join):
    join(**{"audience-bio": "only_me", "audience-phone": "members", "audience-city": "everyone"})
    member = Member.objects.get(handle="rose")
    assert member.profile.bio_audience == Audience.ONLY_ME
    assert member.profile.phone_audience == Audience.MEMBERS
    assert member.profile.city_audience == Audience.EVERYONE
    assert member.profile.school_audience == defaults_in_force()["school"]
    assert member.joined_under.audiences["bio"] == "everyone"


@pytest.mark.promise("E8")
@pytest.mark.promise("E2")
def test_changing_a_default_later_touches_nobody_who_has_joined(join):
    join()
    before = Profile.objects.filter(member__handle="rose").values(*(b.audience for b in bearers().values())).get()
    FieldDefault.objects.update_or_create(field="phone", defaults={"audience": Audience.EVERYONE})
    join(handle="moss", email="moss@example.org", sure="on")
    after = Profile.objects.filter(member__handle="rose").values(*(b.audience for b in bearers().values())).get()
    assert after == before
    assert Member.objects.get(handle="rose").joined_under.audiences["phone"] == "only_me"
    moss = Member.objects.get(handle="moss")
    assert moss.joined_under.audiences["phone"] == "everyone"
    assert moss.profile.phone_audience == Audience.EVERYONE


@pytest.mark.parametrize("word", ["circles", "nobody", "0", "", "EVERYONE"])
def test_an_audience_that_is_not_offered_is_refused_or_left_at_the_default(join, word):
    answer = join(**{"audience-phone": word})
    if word:
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert not Member.objects.exists()
    else:
        assert Member.objects.get().profile.phone_audience == Audience.ONLY_ME


@pytest.mark.promise("M2")
@time_machine.travel(TODAY, tick=False)
def test_a_juvenile_starts_with_friends_at_most_and_unlisted(join):
    everything_open = {f"audience-{name}": "everyone" for name in bearers()}
    join(year="2010", **everything_open)
    profile = Member.objects.get(handle="rose").profile
    assert {getattr(profile, bearer.audience) for bearer in bearers().values()} == {Audience.FRIENDS}
    assert not profile.listed


@pytest.mark.promise("M2")
@pytest.mark.parametrize(
    ("born", "listed"), [(("24", "11", "2008"), True), (("25", "11", "2008"), False), (("29", "2", "2008"), True)]
)
def test_somebody_is_grown_up_from_the_birthday_on(join, born, listed):
    with time_machine.travel(TODAY, tick=False):
        join(day=born[0], month=born[1], year=born[2])
    assert Profile.objects.get().listed is listed


@pytest.mark.promise("G1")
def test_contact_data_goes_public_only_after_a_warning_and_a_tick(join):
    public = {"audience-email": "everyone"}
    warned = join(**public)
    assert warned.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Hiding it again will not reach their copies" in warned.content.decode()
    assert not Member.objects.exists()
    assert "will not reach their copies" not in join(handle="x").content.decode()
    assert join(**public, sure="on").status_code == HTTPStatus.FOUND
    assert Profile.objects.get().email_audience == Audience.EVERYONE


@pytest.mark.promise("G1")
def test_contact_data_that_a_default_of_the_staff_makes_public_takes_the_same_tick(join, visitor):
    FieldDefault.objects.update_or_create(field="phone", defaults={"audience": Audience.EVERYONE})
    assert 'name="sure"' in visitor.get("/join/").content.decode()
    for chosen in ({}, {"audience-phone": "everyone"}, {"audience-phone": ""}):
        warned = join(**chosen)
        assert warned.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "Hiding it again will not reach their copies" in warned.content.decode()
    assert not Member.objects.exists()
    assert join(**{"audience-phone": "friends"}).status_code == HTTPStatus.FOUND
    assert Profile.objects.get().phone_audience == Audience.FRIENDS
    assert join(handle="moss", email="moss@example.org", sure="on").status_code == HTTPStatus.FOUND
    assert Profile.objects.get(member__handle="moss").phone_audience == Audience.EVERYONE


def test_a_default_of_circles_counts_as_only_me_and_is_shown_so(join, visitor):
    FieldDefault.objects.update_or_create(field="city", defaults={"audience": Audience.CIRCLES})
    page = visitor.get("/join/").content.decode()
    assert 'name="sure"' not in page
    select = re.search(r'<select[^>]*name="audience-city".*?</select>', page, re.DOTALL)[0]
    assert re.findall(r'value="(\w+)" selected', select) == ["only_me"]
    join()
    assert Profile.objects.get().city_audience == Audience.ONLY_ME


# --- the policy
@pytest.mark.promise("F1")
def test_joining_records_which_policy_was_agreed_to_and_when(join):
    with time_machine.travel(TODAY, tick=False):
        join()
    accepted = PolicyAcceptance.objects.get()
    assert accepted.member.handle == "rose"
    assert accepted.version == policy_in_force()
    assert (accepted.accepted_at, len(accepted.text_digest)) == (TODAY, 64)


@pytest.mark.promise("F1")
def test_nobody_joins_without_agreeing(join):
    answer = join(agree=None)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "agreed to its policy" in answer.content.decode()
    assert not Member.objects.exists()


@pytest.mark.promise("F1")
def test_who_read_an_older_version_is_asked_to_read_the_new_one(join):
    number = policy_in_force().number
    newer = PolicyVersion.objects.create(number="99", body="Anew", effective_at=timezone.now())
    answer = join(policy=number)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    page = answer.content.decode()
    assert "The policy changed while you were here" in page
    assert not re.search(r'name="agree"[^>]*checked', page)
    assert join(policy="99").status_code == HTTPStatus.FOUND
    assert PolicyAcceptance.objects.get().version == newer


def test_nobody_joins_before_there_is_a_policy(visitor):
    PolicyVersion.objects.all().delete()
    assert visitor.get("/join/").status_code == HTTPStatus.SERVICE_UNAVAILABLE


# --- errors keep what was typed
@pytest.mark.promise("F2")
def test_errors_stand_by_their_field_and_keep_what_was_typed_but_the_password(join):
    answer = join(handle="Rose of Alderford", **{"audience-bio": "friends"})
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'value="rose of alderford"' in page.lower()
    assert 'value="rose@example.org"' in page
    assert PASSWORD not in page
    assert re.search(r'name="agree"[^>]*checked', page)
    assert re.search(r'name="audience-bio".*?value="friends" selected', page, re.DOTALL)
    control = re.search(r'<input[^>]*name="handle"[^>]*>', page)[0]
    assert 'aria-invalid="true"' in control
    assert 'aria-describedby="id_handle-error-1 id_handle_helptext"' in control
    assert 'id="id_handle-error-1"' in page
    assert 'id="id_handle_helptext"' in page
    assert 'class="input"' in control


@pytest.mark.promise("F2")
@pytest.mark.parametrize("changed", [{"handle": "x"}, {"agree": None}, {"audience-email": "everyone"}])
def test_a_page_with_errors_says_at_the_password_that_it_has_to_be_typed_again(join, visitor, changed):
    again = "Type your password again: we do not keep it on the page."
    assert again not in visitor.get("/join/").content.decode()
    page = join(**changed).content.decode()
    assert re.search(r'id="id_password-error-1">.*?' + re.escape(again), page, re.DOTALL)
    assert 'aria-invalid="true"' in re.search(r'<input[^>]*name="password"[^>]*>', page)[0]
    assert again not in join(password="short").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("handle", "ro", "Three characters at least."),
        ("handle", "r" * 31, "Thirty characters at most."),
        ("handle", "rosé", "Use small letters"),
        ("handle", "ro\x07se", "cannot be shown"),
        ("handle", "admin", "taken"),
        ("handle", "@Hedgerow", "taken"),
        ("email", "rose", "does not read like"),
        ("email", "rose@" + "x" * 260 + ".org", "254 characters at most"),
        ("email", "", "address to send"),
        ("password", "nine char", "9 characters. It takes 12."),
        ("password", "rose-rose-rose", "Without your handle"),
        ("password", "rose@example.org", "Without your handle"),
        ("password", "123456789012345", "Only digits"),
        ("password", "x" * 257, "256 characters at most"),
        ("password", "beans bells\x00 and barley", None),
        ("password", "beans bells\x1b and barley", "cannot be shown"),
        ("day", "32", "no such day"),
        ("day", "one", "1 to 31"),
        ("day", "٣", "1 to 31"),
        ("month", "13", "no such day"),
        ("month", "", "1 to 12"),
        ("year", "90", "four digits"),
        ("year", "9" * 5000, "four digits"),
        ("year", "1880", "130 years ago"),
        ("year", "2199", "still to come"),
        ("policy", "x" * 2000, None),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(join, field, value, says):
    answer = join(**{field: value})
    assert HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    assert says is None or says in answer.content.decode()
    assert not Member.objects.exists()


@pytest.mark.parametrize("typed", ["@Rose", " rose ", "ROSE"])
def test_a_handle_is_taken_as_it_is_meant(join, typed):
    join(handle=typed)
    assert Member.objects.get().handle == "rose"


def test_a_day_that_does_not_exist_is_not_moved_to_one_that_does(join):
    answer = join(day="29", month="2", year="2001")
    assert "There is no such day" in answer.content.decode()
    assert not Member.objects.exists()


# --- too young
@pytest.mark.promise("M3")
@pytest.mark.parametrize(
    ("today", "born", "joins"),
    [
        ("2026-11-24", (24, 11, 2013), True),  # the thirteenth birthday is today
        ("2026-11-24", (25, 11, 2013), False),
        ("2026-11-24", (23, 11, 2013), True),
        ("2026-11-24", (24, 11, 2026), False),  # born today
        ("2025-02-28", (29, 2, 2012), False),  # born on a leap day: older on 1 March
        ("2025-03-01", (29, 2, 2012), True),
        ("2024-02-29", (1, 3, 2011), False),
        ("2024-02-29", (28, 2, 2011), True),
    ],
)
def test_the_minimum_age_decides_to_the_day(join, today, born, joins):
    day, month, year = map(str, born)
    with time_machine.travel(datetime.fromisoformat(today).replace(hour=12, tzinfo=UTC), tick=False):
        answer = join(day=day, month=month, year=year)
    assert answer.status_code == (HTTPStatus.FOUND if joins else HTTPStatus.FORBIDDEN)
    assert Member.objects.exists() is joins


@pytest.mark.promise("M3")
def test_no_way_of_joining_takes_a_child():
    born, version = timezone.localdate(), policy_in_force()
    child = registration.Application("bud", "bud@example.org", PASSWORD, born, defaults_in_force(), version)
    with pytest.raises(registration.TooYoung):
        registration.join(child)
    assert not Member.objects.exists()
    assert "example.org" not in repr(child)


CHILD = {"year": "2020"}


@pytest.mark.promise("M3")
@time_machine.travel(TODAY, tick=False)
def test_a_child_leaves_nothing_behind(join, mailoutbox):
    keys = MemberKey.objects.count()
    answer = join(**CHILD)
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "for people from 13 on" in answer.content.decode()
    assert [model.objects.count() for model in (Member, ReservedHandle, Session)] == [0, 0, 0]
    assert not mailoutbox
    assert MemberKey.objects.count() == keys


@pytest.mark.promise("M3")
@time_machine.travel(TODAY, tick=False)
def test_another_date_from_the_same_browser_does_not_help(join, visitor):
    turned_away = join(visitor, **CHILD)
    for answer in (join(visitor), visitor.get("/join/"), join(visitor, handle="x"), visitor.get("/join/?again")):
        assert (answer.status_code, answer.content) == (HTTPStatus.FORBIDDEN, turned_away.content)
    assert not Member.objects.exists()
    assert join().status_code == HTTPStatus.FOUND  # another browser


@pytest.mark.promise("M3")
@time_machine.travel(TODAY, tick=False)
def test_a_child_is_turned_away_whatever_else_is_wrong(join):
    assert join(handle="", email="", password="", agree=None, **CHILD).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.promise("M3")
def test_the_browser_remembers_for_months_without_a_birth_date(join, visitor):
    with time_machine.travel(TODAY, tick=False):
        cookie = join(visitor, **CHILD).cookies["not-yet"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == timedelta(days=180).total_seconds()
    assert cookie.value.split(":")[0] == "1"
    with time_machine.travel(TODAY + timedelta(days=179), tick=False):
        assert visitor.get("/join/").status_code == HTTPStatus.FORBIDDEN
    with time_machine.travel(TODAY + timedelta(days=181), tick=False):
        assert visitor.get("/join/").status_code == HTTPStatus.OK


def test_the_mark_of_a_child_is_bound_to_the_host_where_the_channel_is_safe(join, visitor, settings):
    settings.SECURE = True
    cookie = join(visitor, year=str(timezone.localdate().year - 5)).cookies["__Host-not-yet"]
    assert cookie["secure"]
    assert cookie["path"] == "/"
    assert not cookie["domain"]


def test_a_mark_nobody_signed_keeps_nobody_out(visitor):
    visitor.cookies["not-yet"] = "1:forged:signature"
    assert visitor.get("/join/").status_code == HTTPStatus.OK


# --- nobody learns who is here
@pytest.fixture
def fern():
    return factories.make_member("fern")


def seen_of(answer):
    """Return all an outsider gets, without what is random in every answer."""
    headers = {name: value for name, value in answer.headers.items() if "id" not in name.lower()}
    return answer.status_code, answer.content, headers, sorted(answer.cookies)


@pytest.mark.promise("E6")
def test_a_known_address_gets_the_very_same_answer(join, fern):
    unknown = join(handle="rose", email="rose@example.org")
    known = join(handle="moss", email="Fern@Example.org")
    assert seen_of(known) == seen_of(unknown)
    assert seen_of(Client().get(known["Location"])) == seen_of(Client().get(unknown["Location"]))
    assert not Member.objects.filter(handle="moss").exists()


@pytest.mark.promise("E6")
def test_only_the_mail_tells_that_there_is_an_account(join, fern, mailoutbox):
    join(handle="rose", email="rose@example.org")
    join(handle="moss", email="fern@example.org")
    new, known = mailoutbox
    assert (new.to, known.to) == (["rose@example.org"], ["fern@example.org"])
    assert "/join/confirm/" in new.body
    assert "You have an account already" in known.body
    assert "/join/confirm/" not in known.body


@pytest.mark.promise("E6")
def test_a_handle_asked_for_with_a_known_address_looks_taken_as_long_as_another_would(join, fern):
    with time_machine.travel(TODAY, tick=False):
        join(handle="moss", email="fern@example.org")  # known
        join(handle="rose", email="rose@example.org")  # unknown
    for days in (0, 3, 6.99, 7.01):
        with time_machine.travel(TODAY + timedelta(days=days), tick=False):
            answers = {join(handle=name, email=f"x{days}@example.org", agree=None).content for name in ("moss", "rose")}
        taken = [b"That handle is taken" in answer for answer in answers]
        assert taken == [True] * len(answers)
    with time_machine.travel(TODAY + timedelta(days=7, minutes=17), tick=False):
        housekeeping.purge_expired()
        assert [registration.may_be_taken(name) for name in ("moss", "rose")] == [True, True]


def test_a_reserved_handle_lies_here_as_a_keyed_digest_only(join, fern):
    join(handle="moss", email="fern@example.org")
    reserved = ReservedHandle.objects.get()
    assert bytes(reserved.digest) == registration.handle_digest("moss")
    assert len(bytes(reserved.digest)) == 32
    assert timedelta(days=6, hours=23) < reserved.until - timezone.now() <= timedelta(days=7)


def test_a_handle_kept_back_for_good_stays_taken(join):
    ReservedHandle.objects.create(digest=registration.handle_digest("rose"), until=None)
    with time_machine.travel(timezone.now() + timedelta(days=4000)):
        housekeeping.purge_expired()
        assert "That handle is taken" in join().content.decode()


@pytest.mark.promise("E6")
def test_known_or_unknown_an_address_costs_one_hash(join, fern, monkeypatch):
    hashes = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: hashes.append(1) or encode(self, *args))
    join(handle="rose", email="rose@example.org")
    unknown = len(hashes)
    join(handle="moss", email="fern@example.org")
    assert (unknown, len(hashes) - unknown) == (1, 1)


@pytest.mark.promise("E6")
@pytest.mark.parametrize("email", ["rose@example.org", "fern@example.org"])
def test_known_or_unknown_an_address_takes_as_long(join, fern, email, monkeypatch):
    monkeypatch.setattr(discretion, "EVEN_SECONDS", 0.2)
    begun = time.perf_counter()
    assert join(email=email).status_code == HTTPStatus.FOUND
    assert time.perf_counter() - begun >= 0.2


def test_who_loses_the_race_for_an_address_is_answered_like_everybody(join, fern, mailoutbox, monkeypatch):
    """Two join with one address at the same moment: the second meets the unique index."""
    look_up = type(Member.objects.all()).with_email
    calls = []

    def blind_at_first(rows, email):
        calls.append(email)
        return rows.none() if len(calls) == 1 else look_up(rows, email)

    monkeypatch.setattr(type(Member.objects.all()), "with_email", blind_at_first)
    answer = join(handle="moss", email="fern@example.org")
    assert answer["Location"] == "/join/sent/"
    assert "You have an account already" in mailoutbox[0].body
    assert not registration.may_be_taken("moss")


def test_who_loses_the_race_for_a_handle_is_told_that_it_is_taken(join, fern, monkeypatch):
    monkeypatch.setattr("accounts.forms.joining.may_be_taken", lambda handle: True)
    answers = iter([True, False])
    monkeypatch.setattr("accounts.registration.may_be_taken", lambda handle: next(answers))
    answer = join(handle="fern", email="moss@example.org")
    assert "That handle is taken" in answer.content.decode()


# --- the link that was mailed
@pytest.fixture
def link(join, mailoutbox):
    join()
    return link_in(mailoutbox[0])


def press(browser, link, password=PASSWORD):
    """Type the password behind the link and press the button."""
    return browser.post(link, {"password": password})


def wrong(times):
    return [f"not the password {number}" for number in range(times)]


@pytest.mark.promise("E3")
def test_the_mailed_link_confirms_by_the_password_signs_in_and_leads_to_the_check_up(link, visitor):
    page = visitor.get(link)
    assert page.status_code == HTTPStatus.OK
    assert "@rose" in page.content.decode()
    control = re.search(r'<input[^>]*name="password"[^>]*>', page.content.decode())[0]
    assert 'autocomplete="current-password"' in control
    answer = press(visitor, link)
    assert answer["Location"] == "/settings/check-up/"
    assert Member.objects.get().email_verified_at is not None
    assert visitor.get(answer["Location"]).status_code == HTTPStatus.OK
    assert not Token.objects.exists()


@pytest.mark.parametrize("password", ["", "not the one", "x" * 257, None])
def test_a_press_without_the_password_chosen_at_joining_confirms_nothing_and_uses_nothing_up(link, visitor, password):
    answer = visitor.post(link, {} if password is None else {"password": password})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    page = answer.content.decode()
    assert 'id="id_password-error-1"' in page
    assert 'aria-invalid="true"' in re.search(r'<input[^>]*name="password"[^>]*>', page)[0]
    assert not password or password not in page
    assert Member.objects.get().email_verified_at is None
    assert "_auth_user_id" not in visitor.session
    assert press(visitor, link).status_code == HTTPStatus.FOUND


def test_who_did_not_choose_the_password_opens_the_account_for_nobody_else(join, mailoutbox, visitor):
    """Somebody joins with the address of somebody else, who presses the link that was mailed to them."""
    join(password="chosen by the intruder")
    press(visitor, link_in(mailoutbox[0]))
    intruder = Client()
    intruder.post("/sign-in/", {"email": "rose@example.org", "password": "chosen by the intruder"})
    assert "_auth_user_id" not in intruder.session


def test_the_fifth_wrong_password_kills_the_link(link, visitor):
    statuses = [press(visitor, link, password).status_code for password in wrong(5)]
    assert statuses == [HTTPStatus.UNPROCESSABLE_ENTITY] * 4 + [HTTPStatus.GONE]
    assert press(visitor, link).status_code == HTTPStatus.GONE
    assert not Token.objects.exists()
    assert Member.objects.get().email_verified_at is None


def test_the_right_password_at_the_fifth_try_begins(link, visitor):
    for password in wrong(4):
        press(visitor, link, password)
    assert press(visitor, link).status_code == HTTPStatus.FOUND


def test_who_did_not_join_has_it_erased_by_a_press(link, visitor):
    rose = Member.objects.get().pk
    assert "This was not me" in visitor.get(link).content.decode()
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = visitor.post(link, {"not-me": "yes"})
    assert answer["Location"] == "/"
    assert "is erased" in visitor.get("/").content.decode()
    assert [model.objects.count() for model in (Member, Profile, Token)] == [0, 0, 0]
    assert is_destroyed(rose)
    assert not registration.may_be_taken("rose")  # as long as it would have been anyway
    assert visitor.post(link, {"not-me": "yes"}).status_code == HTTPStatus.GONE


def test_opening_the_link_uses_nothing_up(link, visitor):
    for _ in range(3):
        visitor.get(link)
        visitor.head(link)
    assert Member.objects.get().email_verified_at is None
    assert press(visitor, link).status_code == HTTPStatus.FOUND


def test_joining_itself_signs_nobody_in(join, visitor):
    join(visitor)
    assert not Session.objects.exists()
    assert visitor.get("/settings/privacy/").status_code == HTTPStatus.FOUND


def test_a_second_press_says_so_and_leads_on(link):
    press(Client(), link)
    for method in ("get", "post"):
        answer = getattr(Client(), method)(link, {"password": PASSWORD})
        assert answer.status_code == HTTPStatus.GONE
        assert "This link opens nothing any more" in answer.content.decode()
        assert "/sign-in/" in answer.content.decode()
    assert Session.objects.count() == 1


@pytest.mark.parametrize("more", [{}, {"not-me": "yes"}])
def test_a_link_opens_nothing_for_who_is_confirmed_already(link, visitor, more):
    Member.objects.update(email_verified_at=timezone.now())
    assert visitor.get(link).status_code == HTTPStatus.GONE
    assert visitor.post(link, {"password": PASSWORD, **more}).status_code == HTTPStatus.GONE
    assert "_auth_user_id" not in visitor.session
    assert Member.objects.get().handle == "rose"


def test_an_expired_link_is_as_dead_as_one_that_never_was(link, visitor):
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        expired, never = press(visitor, link), press(visitor, "/join/confirm/never-was/")
    assert expired.status_code == never.status_code == HTTPStatus.GONE
    assert Member.objects.get().email_verified_at is None


def test_the_session_before_the_press_is_not_the_one_after(link, visitor):
    session = visitor.session
    session["visited"] = True
    session.save()
    before = visitor.cookies["session"].value
    press(visitor, link)
    assert visitor.cookies["session"].value != before
    assert not visitor.session.exists(before)


def test_the_address_of_the_link_is_told_to_nobody(link, visitor):
    answers = [visitor.get(link), press(visitor, link, "wrong"), visitor.get("/join/confirm/never-was/")]
    answers.append(visitor.post(link, {"not-me": "yes"}))
    assert {answer["Referrer-Policy"] for answer in answers} == {"no-referrer"}


def test_a_suspended_account_is_not_signed_in_by_its_link(link, visitor):
    Member.objects.update(is_active=False)
    assert press(visitor, link).status_code == HTTPStatus.GONE
    assert "_auth_user_id" not in visitor.session


# --- joining again before confirming
def test_a_later_application_takes_the_place_of_one_that_waits(join, mailoutbox, visitor):
    earlier = join(password="chosen by the intruder", **{"audience-city": "everyone"})
    first = Member.objects.get().pk
    later = join(handle="rosie", email="Rose@Example.org", year="1991", **{"audience-city": "friends"})
    assert seen_of(later) == seen_of(earlier)
    rosie = Member.objects.get()
    assert (rosie.handle, rosie.profile.birth_date) == ("rosie", date(1991, 4, 1))
    assert rosie.profile.city_audience == Audience.FRIENDS
    assert is_destroyed(first)
    assert not is_destroyed(rosie.pk)
    old, new = map(link_in, mailoutbox)
    assert press(visitor, old, "chosen by the intruder").status_code == HTTPStatus.GONE
    assert press(visitor, new, "chosen by the intruder").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert press(visitor, new).status_code == HTTPStatus.FOUND
    assert PolicyAcceptance.objects.get().member == rosie


@pytest.mark.promise("E6")
def test_the_handle_of_an_application_that_made_room_looks_taken_as_long_as_with_a_known_address(join, fern):
    with time_machine.travel(TODAY, tick=False):
        join(handle="moss", email="fern@example.org")  # known
        join(handle="rose", email="rose@example.org")  # unknown
    with time_machine.travel(TODAY + timedelta(days=3), tick=False):
        join(handle="mossy", email="fern@example.org")
        join(handle="rosie", email="rose@example.org")
    for days, taken in ((6.9, [True] * 4), (7, [False, False, True, True]), (10, [False] * 4)):
        with time_machine.travel(TODAY + timedelta(days=days), tick=False):
            housekeeping.purge_expired()
            assert [not registration.may_be_taken(name) for name in ("moss", "rose", "mossy", "rosie")] == taken


def test_a_suspended_account_that_waits_makes_room_for_nobody(join, mailoutbox):
    join()
    Member.objects.update(is_active=False)
    join(handle="rosie")
    assert Member.objects.get().handle == "rose"
    assert "You have an account already" in mailoutbox[-1].body


def test_an_application_that_loses_its_handle_leaves_the_one_that_waits_alone(join, fern, monkeypatch):
    join()
    monkeypatch.setattr("accounts.forms.joining.may_be_taken", lambda handle: True)
    answers = iter([True, False])
    monkeypatch.setattr("accounts.registration.may_be_taken", lambda handle: next(answers))
    assert "That handle is taken" in join(handle="fern").content.decode()
    rose = Member.objects.get(handle="rose")
    assert rose.email == "rose@example.org"
    assert not is_destroyed(rose.pk)


# --- housekeeping
@pytest.mark.promise("A1")
@pytest.mark.promise("D2")
def test_an_account_never_confirmed_is_erased_after_seven_days_with_its_key(join):
    with time_machine.travel(TODAY, tick=False):
        join()
    rose = Member.objects.get().pk
    with time_machine.travel(TODAY + timedelta(days=7, minutes=-1), tick=False):
        assert housekeeping.purge_expired()["unconfirmed members"] == 0
    with time_machine.travel(TODAY + timedelta(days=7), tick=False):
        assert housekeeping.purge_expired()["unconfirmed members"] == 1
        assert housekeeping.purge_expired()["unconfirmed members"] == 0
    assert [model.objects.count() for model in (Member, Profile, Token)] == [0, 0, 0]
    assert is_destroyed(rose)


def test_a_confirmed_account_stays(fern):
    Member.objects.update(joined_at=timezone.now() - timedelta(days=4000))
    housekeeping.purge_expired()
    assert Member.objects.get() == fern
    assert not is_destroyed(fern.pk)


def test_who_confirms_while_housekeeping_is_at_work_stays(fern, monkeypatch):
    monkeypatch.setattr(housekeeping, "_unconfirmed_since", lambda now: [fern.pk])
    assert housekeeping.purge_expired()["unconfirmed members"] == 0
    assert Member.objects.get() == fern
    assert not is_destroyed(fern.pk)


@pytest.mark.promise("K2")
def test_what_was_typed_lies_nowhere_in_the_clear(join):
    join(email="rose.of.alderford@example.org")
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = repr([[bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in cursor])
            assert "alderford" not in rows, table
            assert "1990-04-01" not in rows, table
            assert PASSWORD not in rows, table


def test_the_task_of_the_clock_purges(fern):
    ReservedHandle.objects.create(digest=b"x" * 32, until=timezone.now())
    tasks.purge_expired()
    assert not ReservedHandle.objects.exists()
