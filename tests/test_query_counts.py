"""Every page costs the same number of queries whatever the number of people, circles and choices."""

from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import FriendRequest, Mute
from accounts.notices import REVIEW_INFORMATION
from catalogue.vocabulary import Audience
from encryption.keys import forget_keys
from notifications.announcements import shown_to
from notifications.sending import notify
from security.models import Event, Kind, Session, SignIn
from tests import factories

A_DAY = timedelta(days=1)
OPEN = {"display_name": Audience.EVERYONE}
SESSION = MEMBER = FACE = ALERTS = INBOX = 1
STEPS = 2  # is there one? asked where a fresh sign-in is due: of apps and of passkeys
PAGES = [
    "/",
    "/people/",
    "/people/?q=Alderford",
    "/@rose/",
    "/@rose/?as=friend",
    "/@rose/?as=@n0x0",
    "/@rose/sees/city/",
    "/@n0x0/",
    "/report/child/@n0x0/",
    "/friends/",
    "/circles/",
    "/blocks/",
    "/settings/privacy/",
    "/settings/privacy/city/",
    "/settings/check-up/",
    "/settings/profile/",
    "/settings/security/",
    "/settings/email/",
    "/settings/cancel/",
    "/settings/information/",
    "/settings/information/security.event/",
    "/settings/information/changes/",
    "/settings/information/download/",
    "/policy/agreed/",
    "/settings/phone/",
    "/settings/birth-date/",
    "/settings/security/sessions/",
    "/settings/security/events/",
    "/settings/security/gave-away/",
    "/settings/notices/",
    "/inbox/",
    "/policy/",
    "/policy/data/",
    "/policy/kept/",
]


def populate(rose, generation: str, count: int) -> None:
    """Give rose ``count`` more friends, askers, circles with people in them, exceptions, blocks and mutes."""
    for number in range(count):
        friend = factories.make_member(f"n{generation}x{number}", audiences=OPEN, display_name="N", city="Alderford")
        factories.befriend(rose, friend)
        circle = factories.make_circle(rose, f"Circle {generation} {number}", friend)
        factories.show_to_circles(rose, "city", circle)
        asker = factories.make_member(f"a{generation}x{number}", audiences=OPEN, display_name="A")
        FriendRequest.objects.create(sender=asker, recipient=rose)
        factories.except_from(rose, "city", asker)
        Mute.objects.create(muter=rose, muted=asker)
        factories.block(rose, factories.make_member(f"b{generation}x{number}"))
        factories.add_app(rose, f"Telephone {generation} {number}")
        sign_in = SignIn.objects.create(member=rose, device="Firefox on Linux", network="198.51.100.0/24")
        Session.objects.create(
            session_key=f"{generation}-{number}", member=rose, sign_in=sign_in, expire_date=timezone.now() + A_DAY
        )
        notify(REVIEW_INFORMATION, rose)
        Event.objects.create(
            member=rose, kind=Kind.NEW_BROWSER, device="Safari on iPhone", network="203.0.113.0/24", is_alert=True
        )


def cost_of(browser: Client, address: str) -> tuple[int, int]:
    forget_keys()
    shown_to(None)  # what is announced is asked for once in a while, and kept for everybody
    with CaptureQueriesContext(connections["default"]) as main, CaptureQueriesContext(connections["keystore"]) as keys:
        assert browser.get(address).status_code == 200, address
    return len(main), len(keys)


@pytest.mark.django_db
def test_no_page_costs_more_queries_for_more_people():
    rose = factories.make_member("rose", audiences=OPEN, display_name="Rose", city="Alderford")
    browser = factories.sign_in(Client(), rose, verified=True)
    populate(rose, "0", 2)
    few = {address: cost_of(browser, address) for address in PAGES}
    populate(rose, "1", 6)
    many = {address: cost_of(browser, address) for address in PAGES}
    assert many == few


@pytest.mark.django_db
def test_face_alerts_and_inbox_cost_one_query_each_and_visitors_none():
    rose = factories.make_member("rose")
    browser, passer_by = factories.sign_in_freshly(rose), Client()
    assert cost_of(browser, "/password/change/") == (SESSION + MEMBER + STEPS + FACE + ALERTS + INBOX, 0)
    assert cost_of(passer_by, "/password/reset/") == (0, 0)


@pytest.mark.django_db
def test_what_has_no_top_bar_asks_for_no_face():
    warden = factories.make_member("warden", is_staff=True, is_superuser=True)
    browser = Client()
    factories.sign_in(browser, warden)
    with CaptureQueriesContext(connections["default"]) as asked:
        assert browser.get("/admin/").status_code == 200
    assert not [query for query in asked if "accounts_picture" in query["sql"]]
