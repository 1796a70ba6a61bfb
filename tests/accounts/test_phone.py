"""The telephone number: a page of its own, and a code that confirms it."""

import json
import logging
import re
import threading
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import housekeeping, phones
from accounts.models import PhoneCode, Profile
from notifications.channels import sms
from notifications.delivery import deliver
from notifications.models import Notification, State
from security.models import Event, Kind
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.promise("C2")]
NUMBER, OTHER = "+447700900123", "+447700900456"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.SMS_FOLDER = tmp_path / "sms"
    return settings.SMS_FOLDER


@pytest.fixture
def rose():
    return factories.make_member("rose", phone=NUMBER)


@pytest.fixture
def hers(rose):
    return factories.sign_in_freshly(rose)


@pytest.fixture
def send(django_capture_on_commit_callbacks):
    def send(browser, where="/settings/phone/code/", **typed):
        with django_capture_on_commit_callbacks(execute=True):
            return browser.post(where, typed)

    return send


def sent(folder):
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return [json.loads(path.read_text()) for path in paths]


def code_in(folder):
    return re.match(r"(\d{6}) is your code", sent(folder)[-1]["text"])[1]


def profile():
    return Profile.objects.get(member__handle="rose")


def confirm(browser, code):
    return browser.post("/settings/phone/confirm/", {"code": code})


# --- the number
@pytest.mark.parametrize(
    ("number", "kind", "said"),
    [
        (OTHER, Kind.PHONE_CHANGED, "phone number was changed"),
        ("", Kind.PHONE_REMOVED, "phone number was removed"),
    ],
)
def test_it_is_changed_and_removed_and_whatever_was_confirmed_is_so_no_longer(
    rose, hers, send, number, kind, said, mailoutbox
):
    Profile.objects.update(phone_verified_at=timezone.now())
    assert send(hers, "/settings/phone/", phone=number)["Location"] == "/settings/phone/"
    assert (profile().phone or "") == number
    assert profile().phone_verified_at is None
    assert list(Event.objects.values_list("kind", flat=True)) == [kind]
    assert said in mailoutbox[-1].body
    assert number not in mailoutbox[-1].body or not number


def test_a_first_number_is_told_as_one_that_was_added(rose, hers, send, mailoutbox):
    Profile.objects.update(phone=None)
    send(hers, "/settings/phone/", phone=OTHER)
    assert list(Event.objects.values_list("kind", flat=True)) == [Kind.PHONE_ADDED]
    assert "A phone number was added" in mailoutbox[-1].body
    assert "changed" not in mailoutbox[-1].body


def test_the_same_number_stays_confirmed(rose, hers, send):
    Profile.objects.update(phone_verified_at=timezone.now())
    send(hers, "/settings/phone/", phone="+44 7700 900123")
    assert profile().phone_verified_at is not None
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("07700 900123", "code of the country"),
        ("+44 12", "Nobody could be called"),
        ("+999 123 4567", "Nobody could be called"),
        ("+ring me", "Nobody could be called"),
    ],
)
def test_what_is_no_number_is_said_by_the_field_and_kept(hers, send, typed, said):
    answer = send(hers, "/settings/phone/", phone=typed)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'id="id_phone-error-1"' in answer.content.decode()
    assert said in answer.content.decode()
    assert f'value="{typed}"' in answer.content.decode()
    assert profile().phone == NUMBER


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("+44 (0)7700 900456", "+447700900456"), ("+1-202-555-0100 ext. 12", "+12025550100 ext. 12")],
)
def test_a_number_is_brought_into_its_form(hers, send, typed, stored):
    send(hers, "/settings/phone/", phone=typed)
    assert profile().phone == stored


@pytest.mark.parametrize("where", ["/settings/phone/", "/settings/phone/code/", "/settings/phone/confirm/"])
def test_all_of_it_takes_a_fresh_sign_in(hers, where, folder):
    factories.let_time_pass(hers)
    assert hers.post(where, {"phone": OTHER, "code": "123456"})["Location"].startswith("/sign-in/again/")
    assert profile().phone == NUMBER
    assert not sent(folder)


def test_the_form_of_the_profile_shows_it_and_leads_to_its_page(hers):
    page = hers.get("/settings/profile/").content.decode()
    assert "+44 7700 900123" in page
    assert 'href="/settings/phone/"' in page
    assert 'name="phone"' not in page
    hers.post("/settings/profile/", {"phone": OTHER, "city": "Alderford"})
    assert profile().phone == NUMBER


# --- the code
def test_the_code_that_was_sent_confirms_the_number_once(hers, send, folder):
    assert "Not confirmed yet" in hers.get("/settings/phone/").content.decode()
    send(hers)
    [message] = sent(folder)
    assert message["to"] == NUMBER
    code = code_in(folder)
    assert confirm(hers, code)["Location"] == "/settings/phone/"
    assert profile().phone_verified_at is not None
    assert "Confirmed on" in hers.get("/settings/phone/").content.decode()
    assert list(Event.objects.values_list("kind", flat=True)) == [Kind.PHONE_VERIFIED]
    Profile.objects.update(phone_verified_at=None)
    assert confirm(hers, code).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.promise("K2")
def test_of_the_code_only_a_keyed_digest_is_kept(hers, send, folder):
    send(hers)
    kept = bytes(PhoneCode.objects.get().digest)
    assert len(kept) == 32
    assert code_in(folder).encode() not in kept


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "٣٤٣٤٣٤", "x" * 5000])
def test_what_cannot_be_a_code_is_no_try(hers, send, typed):
    send(hers)
    answer = confirm(hers, typed)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'id="id_code-error-1"' in answer.content.decode()
    assert PhoneCode.objects.get().tries_left == 5


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.promise("N1")
def test_after_five_wrong_tries_the_right_one_opens_nothing(hers, send, folder):
    send(hers)
    code = code_in(folder)
    for _ in range(5):
        answer = confirm(hers, wrong(code))
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert wrong(code) not in answer.content.decode()
    assert confirm(hers, code).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert profile().phone_verified_at is None


def test_the_fifth_try_counts_still(hers, send, folder):
    send(hers)
    code = code_in(folder)
    for _ in range(4):
        confirm(hers, wrong(code))
    assert confirm(hers, code).status_code == HTTPStatus.FOUND


def test_a_code_is_good_for_ten_minutes(hers, send, folder):
    send(hers)
    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
        assert confirm(hers, code_in(folder)).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        housekeeping.purge_expired()
    assert not PhoneCode.objects.exists()


def test_a_newer_code_takes_the_place_of_the_older(hers, send, folder, monkeypatch):
    codes = iter([111_111, 222_222])
    monkeypatch.setattr(phones.secrets, "randbelow", lambda _most: next(codes))
    send(hers)
    send(hers)
    assert confirm(hers, "111111").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert confirm(hers, "222222").status_code == HTTPStatus.FOUND


def test_the_code_of_one_number_does_not_confirm_another(hers, send, folder):
    send(hers)
    code, kept = code_in(folder), PhoneCode.objects.get()
    send(hers, "/settings/phone/", phone=OTHER)
    assert not PhoneCode.objects.exists()
    kept.save(force_insert=True)  # as though it had been sent at that very moment
    assert confirm(hers, code).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_code_is_worth_nothing_to_somebody_else(hers, send, folder):
    moss = factories.sign_in_freshly(factories.make_member("moss", phone=NUMBER))
    send(hers)
    assert confirm(moss, code_in(folder)).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


# --- limits
@pytest.mark.promise("G2")
def test_a_member_is_sent_a_few_codes_and_then_told_to_wait(hers, send, folder):
    for _ in range(5):
        send(hers)
    assert len(sent(folder)) == 4
    assert "tried too often" in hers.get("/settings/phone/").content.decode()


@pytest.mark.promise("G2")
@pytest.mark.promise("E6")
def test_a_telephone_is_spared_without_anybody_seeing_it(hers, send, folder):
    pages = []
    for number in range(6):
        asker = factories.sign_in_freshly(factories.make_member(f"asker{number}", phone=NUMBER))
        send(asker)
        pages.append("A code is on its way" in asker.get("/settings/phone/").content.decode())
    assert len(sent(folder)) == 4
    assert all(pages)


@pytest.mark.promise("G2")
def test_a_network_cannot_send_in_bulk(send, folder, monkeypatch):
    monkeypatch.setattr(phones, "PER_NETWORK", phones.Limit("code, network", 3, timedelta(minutes=3)))
    for number in range(5):
        asker = factories.sign_in_freshly(factories.make_member(f"asker{number}", phone=f"+44770090010{number}"))
        send(asker)
    assert len(sent(folder)) == 3


# --- where no message goes
def test_a_site_without_text_messages_says_so_and_offers_none(rose, hers, send, settings, folder):
    settings.SMS_FOLDER, settings.SMS_URL = None, ""
    page = hers.get("/settings/phone/").content.decode()
    assert "cannot be confirmed here" in page
    assert "Send me a code" not in page
    send(hers)
    assert not PhoneCode.objects.exists()


@pytest.mark.parametrize("number", [None, "+351210000000 ext. 7"])
def test_no_code_goes_to_a_switchboard_or_to_nobody(rose, hers, send, folder, number):
    found = profile()
    found.phone = number
    found.save()
    assert "Send me a code" not in hers.get("/settings/phone/").content.decode()
    send(hers)
    assert not sent(folder)


# --- the gateway
class Gateway(BaseHTTPRequestHandler):
    status = 200

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = [self.headers[name] for name in ("Authorization", "Content-Type", "Idempotency-Key")]
        self.server.got.append((self.path, *said, body))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture
def gateway(monkeypatch, settings):
    """Run a gateway on this machine; it speaks plain HTTP, which the settings would refuse."""
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    server.got = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.SMS_URL = f"https://us%40er:pass@127.0.0.1:{server.server_port}/send"
    monkeypatch.setattr(sms, "HTTPSConnection", sms_over_http)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def sms_over_http(*given, **more):
    from http.client import HTTPConnection

    return HTTPConnection(*given, **more)


def test_the_gateway_is_told_number_text_and_which_message_it_is_and_nothing_else(hers, send, gateway):
    send(hers)
    [(path, who, kind, key, body)] = gateway.got
    assert (path, who, kind) == ("/send", "Basic dXNAZXI6cGFzcw==", "application/json")
    assert set(body) == {"to", "text", "id"}
    assert (body["to"], body["id"]) == (NUMBER, key)


@pytest.mark.promise("F5")
@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, State.SENT),
        (202, State.SENT),
        (429, State.DEFERRED),
        (500, State.DEFERRED),
        (503, State.DEFERRED),
        (400, State.FAILED),
        (404, State.FAILED),
        (410, State.UNREACHABLE),
    ],
)
def test_the_row_ends_as_the_gateway_answers_and_the_log_names_no_number(
    hers, send, gateway, monkeypatch, caplog, status, state
):
    monkeypatch.setattr(Gateway, "status", status)
    with caplog.at_level(logging.INFO):
        assert send(hers).status_code == HTTPStatus.FOUND
    row = Notification.objects.get()
    assert (row.channel, row.state, row.reason) == ("sms", state, "" if state == State.SENT else str(status))
    assert "7700" not in caplog.text
    assert "pass" not in caplog.text


def test_one_that_cannot_be_reached_is_tried_again_until_the_code_is_of_no_use(hers, send, gateway, settings):
    url, settings.SMS_URL = settings.SMS_URL, "https://127.0.0.1:9/send"
    assert send(hers).status_code == HTTPStatus.FOUND
    row = Notification.objects.get()
    assert (row.state, row.reason) == (State.DEFERRED, "ConnectionRefusedError")
    assert "7700" not in str(row)
    settings.SMS_URL = url
    with time_machine.travel(timezone.now() + phones.LASTS):
        deliver()
    row.refresh_from_db()
    assert (row.state, row.reason, gateway.got) == (State.FAILED, "too late", [])


def test_a_code_leaves_nothing_behind_once_it_has_left(hers, send, folder):
    send(hers)
    row = Notification.objects.get()
    assert (row.state, row.parameters, row.address, row.is_on_site) == (State.SENT, None, None, False)


def test_the_messages_of_a_development_site_are_shown(hers, send, folder):
    send(hers)
    page = Client().get("/dev/mail/").content.decode()
    assert code_in(folder) in page
    assert NUMBER in page


# --- what a number looks like where its owner is
@pytest.mark.parametrize(
    ("country", "time_zone", "languages", "begins_with"),
    [
        ("PT", "Europe/Berlin", "en-GB", "+351 "),  # what they told counts before all else
        (None, "Europe/Berlin", "en-GB", "+49 "),
        (None, "Asia/Tokyo", "", "+81 "),
        (None, "UTC", "en-GB,en;q=0.9,de-DE;q=0.8", "+44 "),
        (None, "", "de-AT", "+43 "),
        (None, "", "zh-Hant-TW", "+886 "),
        (None, "Etc/GMT+3", "de", "+800 "),  # of no country
        (None, "UTC", "", "+800 "),
        (None, "", "x" * 600 + "-yy, *;q=nonsense", "+800 "),
        (None, "", "en-ZZ", "+800 "),
    ],
)
def test_the_example_is_a_whole_number_of_the_readers_country(
    rose, hers, send, country, time_zone, languages, begins_with
):
    told = profile()
    told.country, rose.time_zone = country, time_zone
    told.save()
    rose.save()
    hers.defaults["HTTP_ACCEPT_LANGUAGE"] = languages
    shown = re.search(r"such as <bdi[^>]*>(\+[0-9 -]+)</bdi>", hers.get("/settings/phone/").content.decode())[1]
    answer = send(hers, "/settings/phone/", phone="07700 900123")
    said = answer.context["form"].errors["phone"][0]
    assert said == f"Begin with + and the code of the country, such as {shown}."
    assert shown.startswith(begins_with)
    send(hers, "/settings/phone/", phone=shown)
    assert profile().phone == re.sub(r"[ -]", "", shown)  # it would do itself
