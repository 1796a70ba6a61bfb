"""Nobody learns who is here: whatever address is typed, the answers are the same, byte for byte and header for header.

How long they take is measured in ``benchmarks/discretion.py``.
"""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import EmailChange, Member, StaffInvitation
from notifications.models import Notification
from tests import factories

from .joining import entries

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.promise("E6"),
    pytest.mark.promise("K3"),
    pytest.mark.promise("N1"),
]
# As long as each other, so that the length of an answer tells something.
PEOPLE = ("nobody_here_", "known_______", "unconfirmed_", "juvenile____", "suspended___", "invited_____")
NOBODY, KNOWN, UNCONFIRMED, JUVENILE, SUSPENDED, INVITED = PEOPLE
WRONG = "not the password at all"
# A page's length grows with the number of the asker's own event on it; the pages themselves are compared.
OF_ITS_OWN = ("X-Request-ID", "Content-Length")


@pytest.fixture(autouse=True)
def _still_clock():
    """Let no second go by between two answers that say how long to wait."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture(autouse=True)
def _people(_still_clock):
    twelve_years_and_more = timezone.localdate() - timedelta(days=15 * 366)
    factories.make_member(KNOWN)
    factories.make_member(UNCONFIRMED, email_verified_at=None)
    factories.make_member(JUVENILE, birth_date=twelve_years_and_more)
    factories.make_member(SUSPENDED, is_active=False)
    invited = factories.make_member(INVITED, email_verified_at=None)
    invited.set_unusable_password()
    invited.save()
    until = timezone.now() + timedelta(days=1)
    StaffInvitation.objects.create(digest="d" * 64, member=invited, roles=["support"], expires_at=until)


def visitor(who):
    """Return a browser in a network of its own, so that the limits of networks do not answer for those of addresses."""
    return Client(REMOTE_ADDR=f"198.{PEOPLE.index(who)}.100.7")


def sign_in(browser, who):
    return browser.post("/sign-in/", {"email": f"{who}@example.org", "password": WRONG})


def sign_in_with_a_password_of_ones_own(browser, who):
    """Whoever joined knows the password, and learns nothing by it about whether they are confirmed or suspended."""
    if who in (KNOWN, JUVENILE):
        Member.objects.filter(handle=who).update(is_active=False)
    return browser.post("/sign-in/", {"email": f"{who}@example.org", "password": factories.PASSWORD})


def reset(browser, who):
    return browser.post("/password/reset/", {"email": f"{who}@example.org"})


def join(browser, who):
    return browser.post("/join/", entries(handle=f"new_{who}", email=f"{who}@example.org"))


def join_with_something_missing(browser, who):
    return browser.post("/join/", entries(handle=f"new_{who}", email=f"{who}@example.org", agree=None))


def ask_for_another_address(browser, who):
    """Look as a member whether an address is taken."""
    Member.objects.filter(handle="asker").delete()
    factories.sign_in(browser, factories.make_member("asker"))
    return browser.post("/settings/email/", {"email": f"{who}@example.org"}, REMOTE_ADDR="203.0.113.9")


def too_often(ask, answered):
    def asked_too_often(browser, who):
        for _ in range(12):
            answer = ask(visitor(who), who)
        assert answer.status_code == answered
        return ask(browser, who)

    asked_too_often.__name__ = f"{ask.__name__}_too_often"
    return asked_too_often


def seen(ask, who):
    """Return all that a stranger gets: status, headers, cookies and the page, the typed words apart."""
    browser = visitor(who)
    answer = ask(browser, who)
    pages = [answer]
    if answer.status_code == 302:
        pages.append(browser.get(answer["Location"]))
    return [
        (
            page.status_code,
            sorted((name, steady(value, who)) for name, value in page.headers.items() if name not in OF_ITS_OWN),
            sorted((name, morsel["max-age"], morsel["path"]) for name, morsel in page.cookies.items()),
            steady(page.content.decode(), who),
        )
        for page in pages
    ]


def steady(text, who):
    """Take out what differs in every answer, and what was typed."""
    numbers = r'(name="csrfmiddlewaretoken" value=")\w+|(nonce[-=]"?)[\w+/=-]+|(/not-me/)\d+'
    text = re.sub(numbers, "", text)
    return text.replace(who, "who")


ASKING = [
    sign_in,
    sign_in_with_a_password_of_ones_own,
    reset,
    join,
    join_with_something_missing,
    ask_for_another_address,
    too_often(sign_in, 429),
    too_often(reset, 302),
]


@pytest.mark.parametrize("who", PEOPLE[1:])
@pytest.mark.parametrize("ask", ASKING, ids=lambda ask: ask.__name__)
def test_the_answer_is_the_one_that_nobody_gets(ask, who):
    assert seen(ask, who) == seen(ask, NOBODY)


@pytest.mark.parametrize("who", PEOPLE[1:])
def test_a_change_of_address_writes_as_much_whoever_has_it(who):
    asker, counted = factories.make_member("asker"), {}
    for each in (NOBODY, who):
        browser = factories.sign_in(Client(), asker)
        EmailChange.objects.all().delete()
        Notification.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            browser.post("/settings/email/", {"email": f"{each}@example.org"})
        counted[each] = Notification.objects.count(), len(queries)
    assert counted[who] == counted[NOBODY]
    assert counted[who][0] == 2


def test_only_mail_to_the_address_makes_a_difference(mailoutbox, django_capture_on_commit_callbacks):
    told = {}
    for who in PEOPLE:
        mailoutbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            join(Client(), who)
        told[who] = [(mail.to, mail.subject) for mail in mailoutbox]
    confirm, already = "Confirm your e-mail for Hedgerow", "You have an account at Hedgerow already"
    assert told == {
        who: [([f"{who}@example.org"], confirm if who in (NOBODY, UNCONFIRMED) else already)] for who in PEOPLE
    }
