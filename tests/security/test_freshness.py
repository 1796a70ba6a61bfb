"""What matters takes a fresh sign-in, and goes on afterwards with what was typed."""

import json
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.test import Client
from django.urls import include, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import Member
from config import urls
from encryption.keys import destroy_data_key
from security import housekeeping, interrupting
from security.freshness import recently_authenticated
from security.models import Event, Interrupted, Kind, Session
from security.sessions import SessionStore
from tests import factories
from tests.security.walking import sign_in

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
seen = []


@recently_authenticated
def echo(request):
    """Say what came."""
    seen.append(request.method)
    fields = dict(request.POST.lists())
    return JsonResponse({"method": request.method, "fields": fields, "query": dict(request.GET.lists())})


@recently_authenticated
@require_POST
def only_by_form(request, name):
    """Say for whom a form came."""
    return HttpResponse(f"{name}: {request.POST['text']}")


urlpatterns = [path("echo/", echo), path("by-form/<str:name>/", only_by_form), path("", include("config.urls"))]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__), pytest.mark.promise("C2")]
TYPED = {"text": ["Zwölf & mehr = 12", "a\r\nb"], "blank": "", "same": "same"}


@pytest.fixture(autouse=True)
def _nothing_seen():
    seen.clear()


@pytest.fixture
def rose():
    return factories.make_member("rose")


@pytest.fixture
def hers(rose):
    """Return a browser that was left open for a while."""
    hers = Client()
    hers.force_login(rose)
    return hers


def next_of(answer):
    assert answer.status_code == HTTPStatus.FOUND, answer.status_code
    parts = urlsplit(answer["Location"])
    assert parts.path == "/sign-in/again/", answer["Location"]
    return parse_qs(parts.query)["next"][0]


def show(hers, where, password=factories.PASSWORD):
    return hers.post("/sign-in/again/", {"password": password, "next": where})


def interrupted(hers, where="/echo/?a=1&b=%C3%BC", typed=TYPED):
    """Send a form, show who it is, and return the address under which it goes on."""
    where = next_of(hers.post(where, typed))
    assert show(hers, where)["Location"] == where
    return where


# --- asking
def test_a_page_is_asked_for_again_and_reached_with_its_query(hers):
    where = next_of(hers.get("/echo/?a=1&b=%C3%BC"))
    page = hers.get(f"/sign-in/again/?next={where}")
    assert page.status_code == HTTPStatus.OK
    assert "What was sent waits" not in page.content.decode()
    assert show(hers, where)["Location"] == where
    assert hers.get(where).json() == {"method": "GET", "fields": {}, "query": {"a": ["1"], "b": ["ü"]}}


def test_it_counts_for_fifteen_minutes(hers):
    show(hers, "/echo/")
    with time_machine.travel(timezone.now() + timedelta(minutes=14, seconds=50)):
        assert hers.get("/echo/").status_code == HTTPStatus.OK
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1)):
        assert next_of(hers.get("/echo/")) == "/echo/"


def test_a_sign_in_counts_as_one(rose):
    hers = Client()
    hers.post("/sign-in/", {"email": "rose@example.org", "password": factories.PASSWORD})
    assert hers.get("/echo/").status_code == HTTPStatus.OK


def test_who_has_just_shown_it_is_not_asked(hers):
    show(hers, "/echo/")
    assert hers.get("/sign-in/again/?next=/echo/")["Location"] == "/echo/"


def test_nobody_is_asked_who_is_not_signed_in():
    for answer in (Client().get("/sign-in/again/?next=/echo/"), Client().post("/echo/", TYPED)):
        assert answer["Location"].startswith("/sign-in/?next=/")
    assert not Interrupted.objects.exists()


@pytest.mark.parametrize(
    "where", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "", "x"]
)
def test_it_leads_nowhere_else(hers, where):
    assert show(hers, where)["Location"] == "/"


@pytest.mark.parametrize("password", ["", "something else", "x" * 300, "a\x01b"])
def test_a_wrong_password_opens_nothing(hers, password):
    where = next_of(hers.post("/echo/", TYPED))
    answer = show(hers, where, password)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'id="id_password-error-1"' in answer.content.decode()
    assert not password or password not in answer.content.decode()
    assert "a form, sent in this browser at" in answer.content.decode()
    assert next_of(hers.get(where)) == where
    assert seen == []


@pytest.mark.promise("N1")
def test_passwords_cannot_be_tried_without_end(hers):
    answers = [show(hers, "/echo/", "something else").status_code for _ in range(6)]
    assert answers == [HTTPStatus.UNPROCESSABLE_ENTITY] * 5 + [HTTPStatus.TOO_MANY_REQUESTS]
    limited = show(hers, "/echo/")
    assert limited.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert 0 < int(limited["Retry-After"]) <= 901
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert show(hers, "/echo/")["Location"] == "/echo/"


@pytest.mark.promise("N1")
def test_who_tries_passwords_in_an_open_session_keeps_its_owner_out_of_no_other_and_is_told_of(rose, hers):
    elsewhere = sign_in(rose)
    for _ in range(7):
        show(hers, "/echo/", "something else")
    assert show(hers, "/echo/").status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert show(elsewhere, "/settings/email/").status_code == HTTPStatus.FOUND
    assert Event.objects.filter(member=rose, kind=Kind.MANY_FAILURES).count() == 1


def test_right_passwords_use_nothing_up(hers):
    assert {show(hers, "/echo/").status_code for _ in range(15)} == {HTTPStatus.FOUND}


def test_the_session_gets_a_new_key_and_stays_that_of_the_same_member(rose, hers):
    moss = factories.make_member("moss", password="quite-another-password")
    before = hers.cookies["session"].value
    assert show(hers, "/echo/", "quite-another-password").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    hers.post("/sign-in/again/", {"password": factories.PASSWORD, "email": moss.email, "member": moss.pk})
    assert hers.cookies["session"].value != before
    assert list(Session.objects.values_list("member", flat=True)) == [rose.pk]


def test_who_has_no_password_is_told_how_to_get_one(rose, hers):
    rose.set_unusable_password()
    rose.save()
    hers.force_login(rose)
    page = hers.get("/sign-in/again/?next=/echo/").content.decode()
    assert 'type="password"' not in page
    assert "Set a password by mail" in page
    assert show(hers, "/echo/").status_code == HTTPStatus.UNPROCESSABLE_ENTITY


# --- going on
def test_a_form_goes_on_exactly_as_it_was_typed_at_its_own_address(hers):
    where = interrupted(hers)
    assert urlsplit(where).path == "/echo/"
    came = hers.get(where).json()
    assert came["method"] == "POST"
    assert came["fields"] == {"text": TYPED["text"], "blank": [""], "same": ["same"]}
    assert came["query"] == {"a": ["1"], "b": ["ü"]}


def test_it_goes_on_where_only_forms_go(hers):
    where = interrupted(hers, "/by-form/anna%20b%3Fc/", {"text": "hello"})
    assert hers.get(where).content == b"anna b?c: hello"


def test_the_token_against_forged_forms_is_not_kept(rose):
    hers = Client(enforce_csrf_checks=True)
    hers.force_login(rose)
    hers.get("/password/change/", follow=True)
    token = hers.cookies["csrf"].value
    assert hers.post("/echo/", TYPED).status_code == HTTPStatus.FORBIDDEN
    assert not Interrupted.objects.exists()
    assert hers.post("/echo/", {**TYPED, "csrfmiddlewaretoken": token}).status_code == HTTPStatus.FOUND
    assert {name for name, _ in Interrupted.objects.get().request["fields"]} == set(TYPED)


def test_it_goes_on_once(hers):
    where = interrupted(hers)
    hers.get(where)
    again = hers.get(where)
    assert again["Location"] == "/echo/?a=1&b=%C3%BC"
    assert hers.get(again["Location"]).json()["method"] == "GET"
    assert seen == ["POST", "GET"]


@pytest.mark.django_db(transaction=True)
def test_what_ends_half_way_is_not_done_again(hers, monkeypatch):
    where = interrupted(hers)
    monkeypatch.setattr(interrupting, "_restore", lambda *_: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        hers.get(where)
    monkeypatch.undo()
    assert not Interrupted.objects.exists()
    answer = hers.get(where, follow=True)
    assert answer.json()["method"] == "GET"
    assert "Look whether it is saved" in hers.get("/").content.decode()


def test_it_goes_on_in_the_same_browser_only(rose, hers):
    where = interrupted(hers)
    elsewhere = factories.sign_in_freshly(rose)
    assert elsewhere.get(where)["Location"] == "/echo/?a=1&b=%C3%BC"
    assert seen == []
    assert hers.get(where).json()["method"] == "POST"


def test_it_goes_on_for_the_same_member_only(hers):
    where = interrupted(hers)
    number = where.rpartition("=")[2]
    moss = factories.sign_in_freshly(factories.make_member("moss"))
    session = moss.session
    session[interrupting.WAITING] = number
    session.save()
    assert moss.get(where).status_code == HTTPStatus.FOUND
    assert seen == []


def test_it_goes_on_at_the_same_address_only(hers):
    where = interrupted(hers)
    for other in (where.replace("a=1", "a=2"), where.replace("/echo/", "/password/change/")):
        assert hers.get(other).status_code == HTTPStatus.FOUND
    assert seen == []


@pytest.mark.parametrize("number", ["", "x", "0", "6b0c1a52-3d2f-4a5e-9f0e-2d7f1f0c8a11", "%00", "٣" * 36, "x" * 5000])
def test_a_made_up_number_sends_nothing(hers, number):
    show(hers, "/echo/")
    answer = hers.get(f"/echo/?resume={number}")
    assert answer.status_code in (HTTPStatus.FOUND, HTTPStatus.BAD_REQUEST)
    assert seen == []


def test_it_waits_for_fifteen_minutes_and_then_says_so(hers):
    where = interrupted(hers)
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1)):
        show(hers, where)
        assert hers.get(where)["Location"] == "/echo/?a=1&b=%C3%BC"
        assert "is not kept any more" in hers.get("/").content.decode()
    assert seen == []


def test_several_wait_side_by_side_and_the_oldest_make_room(hers):
    waiting = [next_of(hers.post("/echo/", {"text": str(number)})) for number in range(7)]
    show(hers, "/")
    assert Interrupted.objects.count() == interrupting.MOST_WAITING
    came = [hers.get(where) for where in waiting]
    assert [answer.status_code for answer in came[:2]] == [HTTPStatus.FOUND] * 2
    assert [answer.json()["fields"]["text"] for answer in came[2:]] == [[str(number)] for number in range(2, 7)]


# --- what cannot wait
def refused(hers, **sent):
    answer = hers.post("/echo/", headers={"referer": "http://testserver/settings/profile/?x=1"}, **sent)
    assert next_of(answer) == "/settings/profile/"
    assert not Interrupted.objects.exists()
    assert "cannot wait" in hers.get("/").content.decode()


def test_a_file_is_refused_with_a_word(hers):
    refused(hers, data={**TYPED, "file": SimpleUploadedFile("a.txt", b"text")})


def test_a_very_long_text_is_refused_with_a_word(hers):
    refused(hers, data={"text": "x" * interrupting.MOST_BYTES})


def test_what_is_no_form_is_refused_with_a_word(hers):
    refused(hers, data=json.dumps({"a": 1}), content_type="application/json")


def test_it_leads_to_no_other_site_then(hers):
    answer = hers.post("/echo/", {"text": "x" * 70_000}, headers={"referer": "https://elsewhere.example/a/"})
    assert next_of(answer) == "/"


# --- what is kept, and how long
@pytest.mark.promise("K2")
def test_what_waits_lies_sealed(rose, hers):
    hers.post("/echo/", {"text": "a telling text"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT request FROM security_interrupted")
        [stored] = cursor.fetchone()
    assert b"telling" not in bytes(stored)
    assert b"echo" not in bytes(stored)
    [session] = Session.objects.filter(member=rose)
    assert "telling" not in str(SessionStore().decode(session.session_data))


def test_what_cannot_be_opened_sends_nothing(rose, hers):
    where = interrupted(hers)
    destroy_data_key(rose.pk)
    assert hers.get(where).status_code == HTTPStatus.FOUND
    assert seen == []


def test_signing_out_deletes_what_waits(rose, hers):
    hers.post("/echo/", TYPED)
    other = Client()
    other.force_login(rose)
    other.post("/echo/", TYPED)
    hers.post("/sign-out/")
    assert Interrupted.objects.count() == 1


def test_what_nobody_came_back_for_is_purged(rose, hers):
    hers.post("/echo/", TYPED)
    housekeeping.purge_expired(timezone.now())
    assert Interrupted.objects.count() == 1
    housekeeping.purge_expired(timezone.now() + interrupting.KEPT_FOR)
    assert not Interrupted.objects.exists()


def test_a_closed_account_takes_along_what_waits(rose, hers):
    hers.post("/echo/", TYPED)
    Member.objects.get(pk=rose.pk).delete()
    assert not Interrupted.objects.exists()
