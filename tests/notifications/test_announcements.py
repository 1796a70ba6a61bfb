"""What is announced on every page: to whom, how long, and put away."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.roles import assign_roles, sync_roles
from notifications.announcements import is_about
from notifications.housekeeping import KEPT, purge_expired
from notifications.models import Announced, Announcement, Reach
from tests import factories

pytestmark = pytest.mark.django_db
TEXT = "The gate is closed on Sunday."
ADMIN = "/admin/notifications/announcement"


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


@pytest.fixture
def announce():
    def announce(reach=Reach.ALL, **more):
        now = timezone.now()
        usual = {"text": TEXT, "reach": reach, "starts_at": now, "ends_at": now + timedelta(hours=1)}
        return Announcement.objects.create(**(usual | more))

    return announce


def sees(client, where="/people/"):
    return TEXT in client.get(where).content.decode()


@pytest.fixture
def browser(rose):
    return factories.sign_in(Client(), rose)


@pytest.mark.promise("L3")
@pytest.mark.parametrize(
    ("reach", "visitor", "other", "affected"),
    [(Reach.ALL, True, True, True), (Reach.SIGNED_IN, False, True, True), (Reach.AFFECTED, False, False, True)],
)
def test_it_is_shown_to_whom_it_is_for(rose, browser, announce, reach, visitor, other, affected):
    announcement = announce(reach)
    if reach == Reach.AFFECTED:
        is_about(announcement, [rose.pk])
    somebody = factories.sign_in(Client(), factories.make_member("fern"))
    assert (sees(Client()), sees(somebody), sees(browser)) == (visitor, other, affected)


def test_it_is_shown_from_its_beginning_to_its_end(browser, announce):
    announcement = announce(starts_at=timezone.now() + timedelta(minutes=10))
    assert not sees(browser)
    for minutes, shown in ((11, True), (59, True), (61, False)):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
            assert sees(browser) == shown
    with time_machine.travel(timezone.now() + timedelta(hours=1) + KEPT):
        purge_expired(timezone.now())
    assert not Announcement.objects.filter(pk=announcement.pk).exists()


def test_who_puts_it_away_is_shown_it_no_more_and_others_are(rose, browser, announce):
    announcement = announce()
    answer = browser.post(f"/announcements/{announcement.pk}/put-away/", {"next": "/people/"})
    assert answer["Location"] == "/people/"
    assert not sees(browser)
    assert sees(Client())
    assert browser.post(f"/announcements/{announcement.pk}/put-away/").status_code == 404
    assert Announced.objects.get().member_id == rose.pk


@pytest.mark.promise("N1")
def test_one_about_others_cannot_be_told_from_none(browser, announce):
    hidden = announce(Reach.AFFECTED)
    answers = [browser.post(f"/announcements/{number}/put-away/").status_code for number in (hidden.pk, hidden.pk + 1)]
    assert answers == [404, 404]
    assert not Announced.objects.exists()


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"]
)
def test_nobody_is_led_elsewhere(browser, announce, where):
    announcement = announce()
    answer = browser.post(f"/announcements/{announcement.pk}/put-away/", {"next": where})
    assert answer["Location"] == "/inbox/"


def test_words_stay_words(browser, announce):
    announce(text="<b>Hi</b> {{ user.email }}")
    page = browser.get("/people/").content.decode()
    assert "&lt;b&gt;Hi&lt;/b&gt; {{ user.email }}" in page


def test_the_database_refuses_an_end_before_the_beginning(announce):
    with pytest.raises(IntegrityError), transaction.atomic():
        announce(ends_at=timezone.now() - timedelta(hours=1))


def test_staff_announce_and_take_back_at_once(browser, django_capture_on_commit_callbacks):
    sync_roles()
    crier = factories.make_member("crier")
    assign_roles(crier, ["campaigns"])
    crier.refresh_from_db()
    staff = factories.sign_in(Client(), crier)
    assert not sees(browser)
    form = {"text": TEXT, "page": "/policy/", "reach": "signed-in", "starts_at": "2020-05-04T18:30"}
    assert (
        "ends before it begins" in staff.post(f"{ADMIN}/add/", form | {"ends_at": "2019-05-04T18:30"}).content.decode()
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert staff.post(f"{ADMIN}/add/", form | {"ends_at": "2099-05-04T18:30"}).status_code == 302
    assert sees(browser)
    assert "/policy/" in browser.get("/people/").content.decode()
    announcement = Announcement.objects.get()
    assert announcement.written_by_id == crier.pk
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(f"{ADMIN}/{announcement.pk}/delete/", {"post": "yes"})
    assert not sees(browser)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": "See https://evil.example/"}, "mail programs make a link of it"),
        ({"page": "https://evil.example/"}, "page"),
        ({"reach": "affected"}, "not one of the available choices"),
        ({"text": ""}, "required"),
    ],
)
def test_what_cannot_be_announced_is_said_by_the_field(change, said):
    sync_roles()
    crier = factories.make_member("crier")
    assign_roles(crier, ["campaigns"])
    crier.refresh_from_db()
    staff = factories.sign_in(Client(), crier)
    form = {"text": TEXT, "page": "", "reach": "all", "starts_at": "2020-05-04T18:30", "ends_at": "2099-05-04T18:30"}
    assert said in staff.post(f"{ADMIN}/add/", form | change).content.decode()
    assert not Announcement.objects.exists()
