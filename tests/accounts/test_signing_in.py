"""Signing in and out."""

import re
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import MD5PasswordHasher
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.middleware import readers_time_zone
from accounts.models import Member
from encryption.keys import destroy_data_key
from security.models import Session, Token
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def rose():
    return factories.make_member("rose")


@pytest.fixture
def visitor():
    return Client()


def sign_in(browser, email="rose@example.org", password=factories.PASSWORD, **more):
    return browser.post("/sign-in/", {"email": email, "password": password, **more})


def is_in(browser):
    return browser.get("/settings/privacy/").status_code == HTTPStatus.OK


def test_e_mail_and_password_let_in(rose, visitor):
    assert not is_in(visitor)
    assert sign_in(visitor)["Location"] == "/"
    assert is_in(visitor)


@pytest.mark.parametrize("typed", ["Rose@Example.ORG", " rose@example.org "])
def test_an_address_is_taken_as_it_is_meant(rose, visitor, typed):
    sign_in(visitor, typed)
    assert is_in(visitor)


def page_of(answer):
    """Return the page without the token against forged forms, another one in every answer."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


def unconfirmed():
    factories.make_member("bud", email_verified_at=None)


def suspended():
    factories.make_member("bud", is_active=False)


@pytest.mark.promise("E6")
@pytest.mark.parametrize(
    ("email", "password", "make_bud"),
    [
        ("rose@example.org", "something else", None),
        ("nobody@example.org", factories.PASSWORD, None),
        ("bud@example.org", factories.PASSWORD, unconfirmed),
        ("bud@example.org", "something else", unconfirmed),
        ("bud@example.org", factories.PASSWORD, suspended),
        ("rose", factories.PASSWORD, None),
    ],
)
def test_whatever_is_wrong_the_answer_is_one(rose, visitor, email, password, make_bud):
    if make_bud:
        make_bud()
    usual = sign_in(Client(), "moss@example.org", "something else")
    answer = sign_in(visitor, email, password)
    assert answer.status_code == usual.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert password not in answer.content.decode()
    assert not is_in(visitor)
    if "@" in email:
        assert page_of(answer).replace(email, "moss@example.org") == page_of(usual)


@pytest.mark.promise("E6")
@pytest.mark.parametrize("email", ["rose@example.org", "nobody@example.org"])
def test_every_try_costs_one_hash(rose, visitor, email, monkeypatch):
    hashes = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: hashes.append(1) or encode(self, *args))
    sign_in(visitor, email, "something else")
    assert len(hashes) == 1


@pytest.mark.promise("N2")
def test_who_has_not_confirmed_yet_gets_a_fresh_link_for_the_right_password_only(
    visitor, mailoutbox, django_capture_on_commit_callbacks
):
    unconfirmed()
    with django_capture_on_commit_callbacks(execute=True):
        sign_in(visitor, "bud@example.org", "something else")
    assert not mailoutbox
    with django_capture_on_commit_callbacks(execute=True):
        sign_in(visitor, "bud@example.org")
    link = re.search(re.escape(settings.PUBLIC_URL) + r"(/join/confirm/\S+)", mailoutbox[0].body)[1]
    assert visitor.post(link, {"password": factories.PASSWORD}).status_code == HTTPStatus.FOUND
    assert is_in(visitor)


def test_the_backend_takes_an_e_mail_and_nothing_else(rose):
    assert authenticate(email="rose@example.org", password=factories.PASSWORD) == rose
    assert authenticate(username="rose", password=factories.PASSWORD) is None


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/settings/privacy/", "/settings/privacy/"),
        ("/people/?q=moss", "/people/?q=moss"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("http://testserver.elsewhere.example/", "/"),
        ("", "/"),
    ],
)
def test_it_leads_where_one_wanted_to_go_on_this_site_only(rose, visitor, asked, leads_to):
    page = visitor.get("/sign-in/", {"next": asked}).content.decode()
    hidden = re.findall(r'name="next" value="([^"]*)"', page)
    assert hidden == ([] if leads_to == "/" else [leads_to])
    assert sign_in(visitor, next=asked)["Location"] == leads_to


def test_staff_land_in_the_back_office_unless_they_wanted_elsewhere(visitor):
    factories.make_member("warden", is_staff=True)
    assert sign_in(visitor, "warden@example.org")["Location"] == "/admin/"
    assert sign_in(Client(), "warden@example.org", next="/people/")["Location"] == "/people/"


def test_who_is_in_already_is_not_asked_again(rose, visitor):
    visitor.force_login(rose)
    assert visitor.get("/sign-in/?next=/admin/")["Location"] == "/"
    assert visitor.get("/join/")["Location"] == "/"


def test_a_private_page_asks_for_a_sign_in_and_comes_back(rose, visitor):
    asked = visitor.get("/settings/privacy/")
    assert asked["Location"] == "/sign-in/?next=/settings/privacy/"


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("http://testserver/@fern/?as=everyone", "/@fern/"),
        ("http://testserver/friends/", "/friends/"),
        ("http://testserver/friends/ask/fern/", "/"),
        ("http://testserver/circles/1/add/", "/"),
        ("http://testserver//elsewhere.example/", "/"),
        ("http://testserver", "/"),
        ("http://elsewhere.example/friends/", "/"),
        ("http://testserver.elsewhere.example/friends/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_a_form_sent_after_the_session_has_ended_leads_back_to_its_page_and_says_that_nothing_was_saved(
    rose, visitor, came_from, leads_to
):
    factories.make_member("fern")
    asked = visitor.post("/friends/ask/fern/", headers={"referer": came_from})
    assert asked["Location"] == f"/sign-in/?{urlencode({'next': leads_to}, safe='/')}&unsaved=1"
    assert "Nothing was saved yet" in visitor.get(asked["Location"]).content.decode()
    back = sign_in(visitor, next=leads_to)
    assert back["Location"] == leads_to
    assert visitor.get(leads_to).status_code == HTTPStatus.OK


def test_a_page_that_asks_for_a_sign_in_says_nothing_of_saving(visitor):
    asked = visitor.get("/friends/", headers={"referer": "http://testserver/people/"})
    assert asked["Location"] == "/sign-in/?next=/friends/"
    assert "nothing was saved" not in visitor.get(asked["Location"]).content.decode()


def test_signing_in_makes_a_new_session(rose, visitor):
    session = visitor.session
    session["visited"] = True
    session.save()
    planted = visitor.cookies["session"].value
    sign_in(visitor)
    assert visitor.cookies["session"].value != planted
    assert not visitor.session.exists(planted)


def test_the_page_says_what_belongs_where(visitor):
    page = visitor.get("/sign-in/").content.decode()
    email = re.search(r'<input[^>]*name="email"[^>]*>', page)[0]
    password = re.search(r'<input[^>]*name="password"[^>]*>', page)[0]
    assert 'type="email"' in email
    assert 'autocomplete="username"' in email
    assert 'type="password"' in password
    assert 'autocomplete="current-password"' in password
    assert page.count("<label") == 2


@pytest.mark.parametrize(
    "value", ["", "x" * 5000, "ro\x1bse@example.org", "ro\x00se@example.org", "rose@exa\ud800mple.org"]
)
def test_nonsense_is_refused_and_never_breaks_the_page(rose, visitor, value):
    body = {"email": value.encode("utf-8", "surrogatepass"), "password": value.encode("utf-8", "surrogatepass")}
    answer = visitor.post("/sign-in/", body)
    assert answer.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}


def test_a_form_from_elsewhere_signs_nobody_in(rose):
    browser = Client(enforce_csrf_checks=True)
    assert sign_in(browser).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.promise("B3")
def test_nothing_is_noted_about_a_sign_in_but_the_session(rose, visitor):
    before = Member.objects.values().get()
    sign_in(visitor)
    assert Member.objects.values().get() == before
    assert Session.objects.count() == 1
    assert not Token.objects.exists()


# --- signing out
def test_a_press_signs_out_and_a_link_does_not(rose, visitor):
    visitor.force_login(rose)
    page = visitor.get("/sign-out/")
    assert "Sign out here" in page.content.decode()
    assert is_in(visitor)
    assert visitor.post("/sign-out/")["Location"] == "/"
    assert not is_in(visitor)
    assert not Session.objects.exists()


def test_signing_out_leaves_other_browsers_alone(rose, visitor):
    other = Client()
    for browser in (visitor, other):
        browser.force_login(rose)
    visitor.post("/sign-out/")
    assert is_in(other)


def test_who_is_not_in_is_led_home(visitor):
    assert visitor.get("/sign-out/")["Location"] == visitor.post("/sign-out/")["Location"] == "/"


def test_a_suspended_member_is_out_at_the_next_request(rose, visitor):
    visitor.force_login(rose)
    Member.objects.filter(pk=rose.pk).update(is_active=False)
    assert not is_in(visitor)


# --- the reader's clock
SUMMER = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


def shown_to(member):
    """Return how a page for ``member`` would show half past ten in the evening, UTC."""

    def page(request):
        return HttpResponse(Template('{{ moment|date:"j H:i" }}').render(Context({"moment": SUMMER})))

    request = RequestFactory().get("/")
    request.user = member
    return readers_time_zone(page)(request).content.decode()


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Berlin", "2 00:30"),
        ("America/New_York", "1 18:30"),
        (None, "1 22:30"),
        ("Mars/Olympus", "1 22:30"),
        ("../etc/passwd", "1 22:30"),
    ],
)
def test_times_are_shown_by_the_clock_of_the_reader(rose, zone, shown):
    rose.time_zone = zone
    rose.save()
    assert shown_to(Member.objects.get()) == shown
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_zone_that_cannot_be_opened_is_none(rose):
    rose.time_zone = "Europe/Berlin"
    rose.save()
    destroy_data_key(rose.pk)
    assert shown_to(Member.objects.get()) == "1 22:30"


def test_the_zone_is_opened_only_for_a_page_with_a_time_on_it(rose):
    rose.time_zone = "Europe/Berlin"
    rose.save()
    request = RequestFactory().get("/")
    request.user = Member.objects.get()
    readers_time_zone(lambda request: HttpResponse())(request)
    assert not isinstance(request.user.__dict__["time_zone"], str)
