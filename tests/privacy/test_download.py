"""Taking everything along: complete, nobody else's, readable without a network, and gone when its time is over."""

import io
import json
import re
import zipfile
from datetime import timedelta
from http import HTTPStatus

import fastjsonschema
import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import age_cases
from accounts.erasing import erase_due
from accounts.pictures import set_picture
from accounts.profiles import update_profile
from encryption.storage import EncryptedStorage
from notifications.delivery import deliver
from notifications.models import Notification
from privacy.download import asking, content, parts, preparing
from privacy.erasure import erase_now
from privacy.information.holding import declared
from privacy.models import Download
from security.models import Event, Kind
from tests import factories
from tests.accounts.test_pictures import encoded, upload, uploads
from tests.killing import Killed

pytestmark = [pytest.mark.django_db, pytest.mark.promise("C4")]
ABOUT = {
    "display_name": "Rose marker-name",
    "bio": "marker-bio <script>alert(1)</script>",
    "city": "Marker City",
    "interests": ["marker-interest"],
    "postal_address": "3 Marker Lane",
    "phone": "+447700900123",
}
__all__ = ["uploads"]
PAGE = "/settings/information/download/"


@pytest.fixture
def rose(uploads):
    rose = factories.make_member("rose")
    update_profile(rose, ABOUT, by=rose)
    return rose


@pytest.fixture
def window(rose):
    return factories.sign_in_freshly(rose)


def prepared(member):
    asking.ask(member)
    assert preparing.prepare_due(timezone.now()) == 1
    return Download.objects.get(member=member)


def opened(download):
    return zipfile.ZipFile(io.BytesIO(b"".join(parts.read(download))))


def stored():
    """Return the names of all files of downloads that lie in the storage."""
    backend = parts.storage.backend
    if not backend.exists("downloads"):
        return []
    return [name for folder in backend.listdir("downloads")[0] for name in backend.listdir(f"downloads/{folder}")[1]]


# --- what is in it ------------------------------------------------------------------------------------------------
def test_it_is_as_its_schema_says_and_holds_every_kind_that_is_declared(rose):
    archive = opened(prepared(rose))
    assert archive.testzip() is None
    data = json.loads(archive.read("data.json"))
    fastjsonschema.compile(json.loads(archive.read("schema.json")))(data)
    assert [each["kind"] for each in data["kinds"]] == [each.model for each in declared()]
    for kind, declaration in zip(data["kinds"], declared(), strict=True):
        names = {field.name for field in declaration.fields if not field.withheld}
        assert {field["name"] for field in kind["fields"]} == names
        assert all(set(row) == names for row in kind["rows"]), kind["kind"]


def test_everything_that_a_member_told_is_in_it_for_people_and_for_programs(rose):
    picture = set_picture(rose, upload(encoded()))
    archive = opened(prepared(rose))
    page, data = archive.read("index.html").decode(), archive.read("data.json").decode()
    for marker in ("Rose marker-name", "marker-bio", "Marker City", "marker-interest", "3 Marker Lane"):
        assert marker in page
        assert marker in data
    assert "+447700900123" in data
    assert "<script>" not in page
    [file] = [name for name in archive.namelist() if name.startswith("uploads/")]
    assert str(picture) in file
    assert archive.read(file).startswith(b"RIFF")
    assert json.loads(archive.read("actor.json"))["preferredUsername"] == "rose"


@pytest.mark.promise("E6")
def test_nothing_of_others_is_in_it_and_nothing_that_they_hide(rose):
    fern, nettle = factories.make_member("fern"), factories.make_member("nettle")
    update_profile(fern, {"bio": "fern-marker"}, by=fern)
    factories.befriend(rose, fern)
    factories.block(nettle, rose)
    factories.make_circle(nettle, "Enemies", rose)
    age_cases.tell(rose, "marker: eleven years old", teller=age_cases.Teller.VISITOR)
    archive = opened(prepared(rose))
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode(errors="replace")
    assert '{"handle": "fern"}' in everything
    for hidden in ("fern-marker", "fern@example.org", "nettle", "Enemies", "eleven years", rose.password):
        assert hidden not in everything
    assert "Whoever reports that an account is a child" in everything


def test_the_page_asks_nothing_of_any_network(rose):
    page = opened(prepared(rose)).read("index.html").decode()
    assert "default-src 'none'" in page
    assert not re.findall(r"<(script|link|img|iframe|object)\b|url\(|@import|https?://(?!marker)", page)


def test_names_of_files_lead_nowhere_else(rose, monkeypatch):
    monkeypatch.setattr(content, "_uploads", [lambda _member: iter([("../../etc/passwd", b"x"), ("a b;c", b"y")])])
    names = opened(prepared(rose)).namelist()
    assert not [name for name in names if ".." in name.split("/") or name.startswith("/")]


# --- how it is prepared -------------------------------------------------------------------------------------------
def test_it_lies_sealed_in_parts_and_goes_with_the_member(rose, monkeypatch):
    monkeypatch.setattr(parts, "PART", 2_000)
    download = prepared(rose)
    assert download.parts == len(stored()) > 2
    assert sum(len(part) for part in parts.read(download)) == download.size
    assert b"PK\x03\x04" not in parts.storage.envelope(parts.name_of(download.pk, 0))
    erase_now(rose, by=factories.make_member("warden", is_staff=True), because="case 1")
    while erase_due(timezone.now()):
        pass
    assert stored() == []
    assert not Download.objects.exists()


@pytest.mark.parametrize("place", range(1, 16, 2))
def test_who_is_killed_while_preparing_is_followed_by_another_and_one_file_is_left(rose, monkeypatch, place):
    monkeypatch.setattr(parts, "PART", 1_000)
    monkeypatch.setattr(preparing, "EVERY", 3)
    real, calls = EncryptedStorage.save_sealed, []

    def dies(self, *rest):
        calls.append(1)
        if len(calls) == place:
            raise Killed
        return real(self, *rest)

    asking.ask(rose)
    monkeypatch.setattr(EncryptedStorage, "save_sealed", dies)
    try:
        preparing.prepare_due(timezone.now())
    except Killed:
        assert preparing.prepare_due(timezone.now()) == 0  # its lease still counts
        with time_machine.travel(timezone.now() + preparing.LEASE):
            assert preparing.prepare_due(timezone.now()) == 1
    download = Download.objects.get()
    assert opened(download).testzip() is None
    assert len(stored()) == download.parts
    assert Notification.objects.filter(notice="download-ready").count() == 1


def test_what_fails_again_and_again_is_said_and_can_be_tried_anew(rose, window, monkeypatch, caplog):
    def broken(*_anything):
        raise OSError("marker-secret")

    asking.ask(rose)
    with monkeypatch.context() as patched:
        patched.setattr(preparing, "write", broken)
        for attempt in range(preparing.MOST_ATTEMPTS + 1):
            with time_machine.travel(timezone.now() + attempt * preparing.LEASE * 2):
                preparing.prepare_due(timezone.now())
    assert "marker-secret" not in caplog.text
    assert "Try again" in window.get(PAGE).content.decode()
    window.post(f"{PAGE}ask/")
    assert preparing.prepare_due(timezone.now()) == 1


def test_who_was_taken_over_stops_and_settles_nothing(rose, monkeypatch):
    asking.ask(rose)
    monkeypatch.setattr(parts, "PART", 500)
    real = parts.Sealing.write

    def overtaken(self, *rest):
        Download.objects.update(lease=None)
        return real(self, *rest)

    monkeypatch.setattr(parts.Sealing, "write", overtaken)
    assert preparing.prepare_due(timezone.now()) == 0
    assert Download.objects.get().state == Download.State.PREPARING


# --- the pages ----------------------------------------------------------------------------------------------------
def test_a_member_asks_watches_fetches_and_deletes(rose, window, mailoutbox):
    assert "Nothing is prepared" in window.get(PAGE).content.decode()
    assert window.post(f"{PAGE}ask/").status_code == HTTPStatus.FOUND
    window.post(f"{PAGE}ask/")
    assert Download.objects.count() == 1  # one at a time
    assert "<progress" in window.get(PAGE).content.decode()
    assert window.get(f"{PAGE}get/").status_code == HTTPStatus.NOT_FOUND
    preparing.prepare_due(timezone.now())
    deliver()
    assert [mail.subject for mail in mailoutbox if "download" in mail.subject] == ["Your download is ready"]
    assert PAGE in mailoutbox[-1].body
    answer = window.get(f"{PAGE}get/")
    assert answer.headers["Content-Type"] == "application/zip"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "rose" not in answer.headers["Content-Disposition"]
    file = b"".join(answer.streaming_content)
    assert len(file) == int(answer.headers["Content-Length"])
    assert zipfile.ZipFile(io.BytesIO(file)).testzip() is None
    window.post(f"{PAGE}delete/")
    assert stored() == []
    assert window.get(f"{PAGE}get/").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.promise("C2")
def test_asking_and_fetching_take_a_fresh_sign_in(rose, window):
    prepared(rose)
    factories.let_time_pass(window)
    for answer in (window.post(f"{PAGE}ask/"), window.get(f"{PAGE}get/")):
        assert answer["Location"].startswith("/sign-in/again/")


def test_when_its_time_is_over_it_is_not_to_be_had_and_goes(rose, window):
    download = prepared(rose)
    assert download.expires_at - download.ready_at == settings.DOWNLOAD_KEPT
    Download.objects.update(expires_at=timezone.now())
    assert window.get(f"{PAGE}get/").status_code == HTTPStatus.NOT_FOUND
    assert "Nothing is prepared" in window.get(PAGE).content.decode()
    assert asking.let_expired_go(timezone.now() - timedelta(seconds=5)) == 0
    assert asking.let_expired_go(timezone.now()) == 1
    assert stored() == []


def test_nobody_else_gets_it(rose):
    prepared(rose)
    moss = factories.sign_in_freshly(factories.make_member("moss"))
    staff = factories.sign_in_freshly(factories.make_member("warden", is_staff=True, is_superuser=True))
    assert moss.get(f"{PAGE}get/").status_code == staff.get(f"{PAGE}get/").status_code == HTTPStatus.NOT_FOUND
    assert Client().get(f"{PAGE}get/")["Location"].startswith("/sign-in/")


def test_nobody_asks_for_one_after_another(rose, window):
    for _number in range(3):
        window.post(f"{PAGE}ask/")
        window.post(f"{PAGE}delete/")
    assert window.post(f"{PAGE}ask/").status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert not Download.objects.exists()


def test_its_memory_is_that_of_a_chunk_and_a_part(rose, monkeypatch):
    Event.objects.bulk_create(Event(member=rose, kind=Kind.NEW_BROWSER, device="x" * 90) for _ in range(400))
    monkeypatch.setattr(parts, "PART", 4_000)
    most = []
    real = parts.Sealing._store

    def watching(self, count):
        most.append(len(self.kept))
        return real(self, count)

    monkeypatch.setattr(parts.Sealing, "_store", watching)
    download = prepared(rose)
    assert download.done == download.total > 400
    assert max(most) < 70_000  # what zlib hands over at once, and no more
