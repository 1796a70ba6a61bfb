"""Another address: verified before it counts, and to be stopped from the old one for a week."""

import re
import time
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import email_change, passwords
from accounts.models import EmailChange, Member
from encryption.blind_index import blind_index
from privacy import retention
from security import discretion, tokens
from security.models import Event, Kind, Session
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.promise("C2")]
OLD, NEW, OTHER = "rose@example.org", "rose@new.example", "moss@example.org"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(discretion, "EVEN_SECONDS", 0)


@pytest.fixture
def rose():
    return factories.make_member("rose")


@pytest.fixture
def hers(rose):
    return factories.sign_in_freshly(rose)


@pytest.fixture
def send(django_capture_on_commit_callbacks):
    """Return a function that posts a form and delivers the mails of it."""

    def send(browser, where, **typed):
        if where.startswith("/email/confirm/"):
            typed.setdefault("password", factories.PASSWORD)
        with django_capture_on_commit_callbacks(execute=True):
            return browser.post(where, typed)

    return send


@pytest.fixture
def ask(send):
    return lambda browser, address=NEW: send(browser, "/settings/email/", email=address)


def mailed(mailoutbox, what, to):
    """Return the path of the last mailed link that confirms or stops."""
    pattern = re.escape(settings.PUBLIC_URL) + rf"(/email/{what}/\S+)"
    return [found[1] for each in mailoutbox if each.to == [to] and (found := re.search(pattern, each.body))][-1]


def address_of(member):
    return Member.objects.get(pk=member.pk).email


def signs_in(address, password=factories.PASSWORD):
    return Client().post("/sign-in/", {"email": address, "password": password}).status_code == HTTPStatus.FOUND


def kinds(member):
    return list(Event.objects.filter(member=member).order_by("pk").values_list("kind", flat=True))


# --- asking and confirming
def test_the_new_address_counts_once_its_link_is_opened_and_a_button_pressed(rose, hers, ask, send, mailoutbox):
    assert ask(hers)["Location"] == "/settings/email/"
    assert address_of(rose) == OLD
    assert signs_in(OLD)
    assert not signs_in(NEW)
    page = hers.get("/settings/email/").content.decode()
    assert NEW in page
    assert "A change is under way" in page
    link = mailed(mailoutbox, "confirm", NEW)
    visitor = Client()
    assert "Use this address for @rose" in visitor.get(link).content.decode()
    assert address_of(rose) == OLD
    before = Member.objects.get(pk=rose.pk)
    answer = send(visitor, link)
    assert answer["Location"] == "/sign-in/"
    after = Member.objects.get(pk=rose.pk)
    assert after.email == NEW
    assert bytes(after.email_index) == blind_index("accounts_member.email", NEW)
    assert after.email_verified_at > before.email_verified_at
    assert signs_in(NEW)
    assert not signs_in(OLD)
    assert hers.get("/settings/privacy/").status_code == HTTPStatus.OK
    assert visitor.get("/settings/privacy/").status_code == HTTPStatus.FOUND  # the link signs nobody in
    assert Client().post(link).status_code == Client().get(link).status_code == HTTPStatus.GONE
    assert kinds(rose) == [Kind.EMAIL_ASKED, Kind.SIGNED_IN, Kind.EMAIL_CHANGED, Kind.NEW_BROWSER]


def test_both_addresses_are_told_and_neither_learns_of_the_other(rose, hers, ask, send, mailoutbox):
    ask(hers)
    assert sorted(each.to for each in mailoutbox) == [[OLD], [NEW]]
    send(Client(), mailed(mailoutbox, "confirm", NEW))
    assert [each.to for each in mailoutbox[2:]] == [[OLD]]
    assert "was changed" in mailoutbox[-1].subject
    for each in mailoutbox:
        [html] = [str(content) for content, _ in each.alternatives]
        for text in (each.subject, each.body, html):
            assert "rose" not in text.lower().replace("hedgerow", "")
            assert "new.example" not in text
            assert not re.search(r"{[{%#]|[}%#]}", text)
        assert "Why you get this:" in each.body
        assert "Why you get this:" in html


def test_it_takes_a_fresh_sign_in_and_goes_on_with_what_was_typed(rose, hers, mailoutbox, send):
    factories.let_time_pass(hers)
    asked = send(hers, "/settings/email/", email=NEW)
    where = asked["Location"].partition("next=")[2]
    assert not EmailChange.objects.exists()
    assert not mailoutbox
    answer = hers.post(
        "/sign-in/again/", {"password": factories.PASSWORD, "next": where.replace("%3F", "?").replace("%3D", "=")}
    )
    assert hers.get(answer["Location"])["Location"] == "/settings/email/"
    assert EmailChange.objects.get().new == NEW


@pytest.mark.parametrize("typed", [OLD, " Rose@Example.ORG ", "", "rose", "a" * 250 + "@b.c", "ro\x01se@example.org"])
def test_what_is_no_other_address_is_said_by_the_field(rose, hers, ask, typed, mailoutbox):
    answer = ask(hers, typed)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'id="id_email-error-1"' in answer.content.decode()
    assert not EmailChange.objects.exists()
    assert not mailoutbox


def test_the_link_is_good_for_a_day(rose, hers, ask, mailoutbox):
    ask(hers)
    link = mailed(mailoutbox, "confirm", NEW)
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert Client().get(link).status_code == Client().post(link).status_code == HTTPStatus.GONE
        factories.sign_in_freshly(rose, hers)
        assert "under way" not in hers.get("/settings/email/").content.decode()
    assert address_of(rose) == OLD


def test_asking_again_ends_what_was_under_way(rose, hers, ask, send, mailoutbox):
    ask(hers, "first@new.example")
    ask(hers)
    assert send(Client(), mailed(mailoutbox, "confirm", "first@new.example")).status_code == HTTPStatus.GONE
    assert send(Client(), mailed(mailoutbox, "confirm", NEW)).status_code == HTTPStatus.FOUND
    assert address_of(rose) == NEW


def test_a_change_under_way_can_be_ended(rose, hers, ask, send, mailoutbox):
    ask(hers)
    assert send(hers, "/settings/email/cancel/")["Location"] == "/settings/email/"
    assert "under way" not in hers.get("/settings/email/").content.decode()
    assert send(Client(), mailed(mailoutbox, "confirm", NEW)).status_code == HTTPStatus.GONE
    assert address_of(rose) == OLD


def test_links_to_reset_the_password_die_with_the_old_address(rose, hers, ask, send, mailoutbox):
    token = tokens.issue(rose, tokens.RESET_PASSWORD)
    ask(hers)
    assert tokens.find(token, tokens.RESET_PASSWORD) == rose
    send(Client(), mailed(mailoutbox, "confirm", NEW))
    assert tokens.find(token, tokens.RESET_PASSWORD) is None


def test_who_is_suspended_meanwhile_changes_nothing(rose, hers, ask, send, mailoutbox):
    ask(hers)
    Member.objects.update(is_active=False)
    for what, to in (("confirm", NEW), ("stop", OLD)):
        assert send(Client(), mailed(mailoutbox, what, to)).status_code == HTTPStatus.GONE
    assert address_of(rose) == OLD


def test_pages_behind_links_tell_their_address_to_nobody(rose, hers, ask, mailoutbox):
    ask(hers)
    for link in (mailed(mailoutbox, "confirm", NEW), mailed(mailoutbox, "stop", OLD)):
        answers = [Client().get(link), Client().post(link), Client().get(link)]
        assert {answer["Referrer-Policy"] for answer in answers} == {"no-referrer"}


# --- addresses of others
def known():
    factories.make_member("moss")


def unverified():
    factories.make_member("moss", email_verified_at=None)


def juvenile():
    factories.make_member("moss", birth_date=timezone.localdate() - timedelta(days=15 * 366))


def suspended():
    factories.make_member("moss", is_active=False)


CAST = {"unknown": lambda: None, "known": known, "unverified": unverified, "juvenile": juvenile, "suspended": suspended}


def page_of(answer):
    """Return a page without what differs in every answer."""
    text = re.sub(
        r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]*"|/(events|not-me)/\d+/|datetime="[^"]*"',
        "",
        answer.content.decode(),
    )
    return re.sub(r"\d+ \w+, \d\d:\d\d", "", text)


def headers_of(answer):
    return {name: value for name, value in answer.items() if name not in ("X-Request-ID", "Content-Security-Policy")}


@pytest.mark.promise("E6")
@pytest.mark.parametrize("whose", CAST)
def test_whoever_has_the_new_address_the_pages_are_alike(rose, ask, whose):
    usual_browser, browser = (factories.sign_in_freshly(rose) for _ in range(2))
    usual = ask(usual_browser, "moss@elsewhere.example")
    usual_page = usual_browser.get("/settings/email/")
    Event.objects.all().delete()
    CAST[whose]()
    answer = ask(browser, OTHER)
    page = browser.get("/settings/email/")
    assert (answer.status_code, headers_of(answer), answer.content) == (
        usual.status_code,
        headers_of(usual),
        usual.content,
    )
    assert (page.status_code, headers_of(page) | {"Content-Length": ""}) == (
        usual_page.status_code,
        headers_of(usual_page) | {"Content-Length": ""},
    )
    assert page_of(page).replace(OTHER, "moss@elsewhere.example") == page_of(usual_page)


@pytest.mark.promise("E6")
@pytest.mark.parametrize("whose", CAST)
def test_whoever_has_it_the_answer_takes_as_long(rose, hers, ask, whose, monkeypatch):
    monkeypatch.setattr(discretion, "EVEN_SECONDS", 0.4)
    CAST[whose]()
    begun = time.perf_counter()
    ask(hers, OTHER)
    assert time.perf_counter() - begun >= 0.4


@pytest.mark.promise("E6")
@pytest.mark.parametrize("whose", CAST)
def test_the_difference_is_told_to_the_address_alone(rose, hers, ask, whose, mailoutbox):
    CAST[whose]()
    ask(hers, OTHER)
    [told] = [each for each in mailoutbox if each.to == [OTHER]]
    is_free = whose in ("unknown", "unverified")
    assert ("/email/confirm/" in told.body) == is_free
    assert ("cannot be used" in told.subject) == (not is_free)
    assert len(mailoutbox) == 2


@pytest.mark.promise("E6")
def test_an_account_that_never_confirmed_makes_room_for_who_reads_the_mail(rose, hers, ask, send, mailoutbox):
    unverified()
    ask(hers, OTHER)
    assert Member.objects.filter(handle="moss").exists()
    send(Client(), mailed(mailoutbox, "confirm", OTHER))
    assert address_of(rose) == OTHER
    assert not Member.objects.filter(handle="moss").exists()


def test_an_address_that_is_taken_meanwhile_is_not_given_away(rose, hers, ask, send, mailoutbox):
    ask(hers, OTHER)
    moss = factories.make_member("moss")
    assert send(Client(), mailed(mailoutbox, "confirm", OTHER)).status_code == HTTPStatus.GONE
    assert (address_of(rose), address_of(moss)) == (OLD, OTHER)
    assert "cannot be used" in mailoutbox[-1].subject
    assert mailoutbox[-1].to == [OTHER]


def test_of_two_who_ask_for_it_the_first_to_confirm_gets_it(rose, hers, ask, send, mailoutbox):
    moss = factories.make_member("moss")
    ask(hers)
    hers_link = mailed(mailoutbox, "confirm", NEW)
    ask(factories.sign_in_freshly(moss))
    send(Client(), mailed(mailoutbox, "confirm", NEW))
    assert send(Client(), hers_link).status_code == HTTPStatus.GONE
    assert (address_of(rose), address_of(moss)) == (OLD, NEW)


@pytest.mark.parametrize(("attempts", "status"), [(3, HTTPStatus.FOUND), (1, HTTPStatus.GONE)])
def test_a_refusal_by_the_database_itself_is_no_error(rose, hers, ask, send, mailoutbox, monkeypatch, attempts, status):
    """Somebody else's row appears between looking and writing: it is looked at anew, a few times."""
    ask(hers, OTHER)
    make_room, looks = email_change._make_room, []

    def make_room_and_lose_it(member, address):
        answer = make_room(member, address)
        looks.append(address)
        if len(looks) == 1:
            factories.make_member("moss", email=address)
        return answer

    monkeypatch.setattr(email_change, "_make_room", make_room_and_lose_it)
    monkeypatch.setattr(email_change, "ATTEMPTS", attempts)
    assert send(Client(), mailed(mailoutbox, "confirm", OTHER)).status_code == status
    assert len(looks) == (2 if attempts > 1 else 1)


# --- stopping
@pytest.mark.promise("N2")
@pytest.mark.parametrize("is_confirmed", [True, False])
def test_the_old_address_stops_it_ends_all_sessions_and_gets_a_new_password(
    rose, hers, ask, send, mailoutbox, is_confirmed
):
    ask(hers)
    link = mailed(mailoutbox, "stop", OLD)
    if is_confirmed:
        send(Client(), mailed(mailoutbox, "confirm", NEW))
    assert "Stop the change of address" in Client().get(link).content.decode()
    assert address_of(rose) == (NEW if is_confirmed else OLD)
    assert send(Client(), link)["Location"] == "/email/stopped/"
    assert "The change is stopped" in Client().get("/email/stopped/").content.decode()
    assert address_of(rose) == OLD
    assert not Session.objects.filter(member=rose).exists()
    assert not signs_in(OLD)
    assert not signs_in(NEW)
    assert not Member.objects.get().has_usable_password()
    assert mailoutbox[-1].to == [OLD]
    assert "change of your address was stopped" in mailoutbox[-1].subject
    for said in (mailoutbox[-1].body, mailoutbox[-1].alternatives[0].content):
        assert "knew your password" in said
        assert "somebody asked for a new password" not in said
    reset = re.search(re.escape(settings.PUBLIC_URL) + r"(/password/reset/\S+)", mailoutbox[-1].body)[1]
    Client().post(reset, {"new_password": "barley under the bells"})
    assert signs_in(OLD, "barley under the bells")
    assert Client().get(link).status_code == Client().post(link).status_code == HTTPStatus.GONE
    assert [kind for kind in kinds(rose) if kind in (Kind.NOT_ME, Kind.EMAIL_STOPPED)] == [
        Kind.NOT_ME,
        Kind.EMAIL_STOPPED,
    ]


def test_stopping_it_in_the_browser_that_is_signed_in_ends_that_too(rose, hers, ask, send, mailoutbox):
    ask(hers)
    assert send(hers, mailed(mailoutbox, "stop", OLD))["Location"] == "/email/stopped/"
    assert hers.get("/settings/privacy/").status_code == HTTPStatus.FOUND


def test_it_can_be_stopped_for_seven_days_from_asking(rose, hers, ask, send, mailoutbox):
    begun = timezone.now()
    ask(hers)
    link = mailed(mailoutbox, "stop", OLD)
    with time_machine.travel(begun + timedelta(hours=20)):
        send(Client(), mailed(mailoutbox, "confirm", NEW))
    with time_machine.travel(begun + timedelta(days=6, hours=23)):
        assert Client().get(link).status_code == HTTPStatus.OK
    with time_machine.travel(begun + timedelta(days=7, minutes=1)):
        assert send(Client(), link).status_code == HTTPStatus.GONE
    assert address_of(rose) == NEW


def test_an_address_taken_over_cannot_stop_what_its_owner_stopped_first(rose, hers, ask, send, mailoutbox):
    """A thief moves the account twice; the first owner's link undoes both, and the thief's link nothing."""
    ask(hers, "thief@example.org")
    owners = mailed(mailoutbox, "stop", OLD)
    send(Client(), mailed(mailoutbox, "confirm", "thief@example.org"))
    ask(hers, "thief@elsewhere.example")
    thiefs = mailed(mailoutbox, "stop", "thief@example.org")
    send(Client(), mailed(mailoutbox, "confirm", "thief@elsewhere.example"))
    send(Client(), owners)
    assert address_of(rose) == OLD
    assert send(Client(), thiefs).status_code == HTTPStatus.GONE
    assert address_of(rose) == OLD
    assert not EmailChange.objects.exists()


def test_ending_the_change_takes_nothing_from_the_old_address(rose, hers, ask, send, mailoutbox):
    ask(hers)
    send(hers, "/settings/email/cancel/")
    send(Client(), mailed(mailoutbox, "stop", OLD))
    assert not Session.objects.filter(member=rose).exists()
    assert not Member.objects.get().has_usable_password()


def joins(address, handle="sprout"):
    born = {"day": "1", "month": "4", "year": "1990"}
    return Client().post(
        "/join/", {"handle": handle, "email": address, "password": "barley under bells", "agree": "on", **born}
    )


@pytest.mark.promise("E6")
def test_an_address_that_can_still_be_taken_back_is_nobody_elses(rose, hers, ask, send, mailoutbox):
    ask(hers)
    send(Client(), mailed(mailoutbox, "confirm", NEW))
    moss = factories.make_member("moss")
    assert (
        send(
            Client(),
            "/join/",
            handle="sprout",
            email=OLD,
            password="barley under bells",
            agree="on",
            day="1",
            month="4",
            year="1990",
        )["Location"]
        == "/join/sent/"
    )
    assert not Member.objects.filter(handle="sprout").exists()
    assert mailoutbox[-1].to == [OLD]
    assert "cannot be used" in mailoutbox[-1].subject
    ask(factories.sign_in_freshly(moss), OLD)
    assert "cannot be used" in mailoutbox[-1].subject
    send(Client(), mailed(mailoutbox, "stop", OLD))
    assert address_of(rose) == OLD


def test_after_seven_days_it_is_free_again_and_nothing_of_the_change_is_kept(rose, hers, ask, send, mailoutbox):
    ask(hers)
    send(Client(), mailed(mailoutbox, "confirm", NEW))
    retention.purge(timezone.now() + timedelta(days=6))
    assert EmailChange.objects.exists()
    retention.purge(timezone.now() + timedelta(days=7))
    assert not EmailChange.objects.exists()
    joins(OLD)
    assert Member.objects.filter(handle="sprout").exists()


def test_one_can_go_back_to_ones_own_old_address(rose, hers, ask, send, mailoutbox):
    for address in (NEW, OLD):
        ask(hers, address)
        send(Client(), mailed(mailoutbox, "confirm", address))
    assert address_of(rose) == OLD


# --- limits
@pytest.mark.promise("G2")
def test_it_cannot_be_asked_for_without_end(rose, hers, ask, mailoutbox):
    answers = [ask(hers, f"rose{number}@new.example") for number in range(6)]
    assert [answer.status_code for answer in answers] == [HTTPStatus.FOUND] * 5 + [HTTPStatus.UNPROCESSABLE_ENTITY]
    assert "tried too often" in answers[-1].content.decode()
    assert len(mailoutbox) == 10


@pytest.mark.promise("G2")
@pytest.mark.promise("E6")
def test_a_mailbox_is_spared_without_anybody_seeing_it(hers, ask, mailoutbox):
    for number in range(5):
        asker = factories.sign_in_freshly(factories.make_member(f"asker{number}"))
        assert ask(asker, OTHER).status_code == HTTPStatus.FOUND
        assert OTHER in asker.get("/settings/email/").content.decode()
    assert len([each for each in mailoutbox if each.to == [OTHER]]) == 3


def test_a_new_password_leaves_the_link_that_stops_alone(rose, hers, ask, send, mailoutbox):
    ask(hers)
    passwords.change_password(rose, "the thief's own password")
    assert Client().get(mailed(mailoutbox, "stop", OLD)).status_code == HTTPStatus.OK


# --- an address that was mistyped
@pytest.mark.promise("C2")
def test_a_stranger_who_gets_the_mail_by_mistake_cannot_make_it_count(rose, hers, ask, send, mailoutbox):
    ask(hers)
    link = mailed(mailoutbox, "confirm", NEW)
    for guess in ("", "a guess of a stranger"):
        assert send(Client(), link, password=guess).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert address_of(rose) == OLD
    assert send(hers, link, password="").status_code == HTTPStatus.FOUND
    assert address_of(rose) == NEW


def test_guessing_behind_the_link_kills_it(rose, hers, ask, send, mailoutbox):
    ask(hers)
    link = mailed(mailoutbox, "confirm", NEW)
    answers = [send(Client(), link, password=f"guess number {n} of a stranger").status_code for n in range(6)]
    assert answers == [HTTPStatus.UNPROCESSABLE_ENTITY] * 4 + [HTTPStatus.GONE] * 2
    assert address_of(rose) == OLD
