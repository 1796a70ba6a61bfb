"""Leaving for good: invisible at once, back by signing in or by the mailed link, and never by accident."""

import io
import re
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, router
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts import cancelling, erasing, housekeeping, tasks
from accounts.models import EmailChange, Member
from accounts.picture_files import stored_pictures
from accounts.pictures import set_picture
from accounts.roles import assign_roles, sync_roles
from config import celery
from encryption.keys import is_destroyed
from notifications.channels.kinds import EVERYWHERE
from notifications.delivery import deliver
from notifications.models import Notification, State, Suppression
from notifications.notices import Category
from notifications.preferences import choose
from notifications.sending import notify
from notifications.suppression import suppress
from notifications.topics import Topic
from notifications.written import WORDS as NOTICES
from privacy.erasure import rows
from privacy.models import ErasureRequest
from security.models import Event, Kind, Session
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.promise("D1")]
PAGE, SURE = "/settings/cancel/", {"sure": "on"}


@pytest.fixture
def rose():
    return factories.make_member("rose")


@pytest.fixture
def leave(rose, django_capture_on_commit_callbacks):
    """Have rose cancel; return the browser in which she did."""

    def leave():
        browser = factories.sign_in_freshly(rose)
        with django_capture_on_commit_callbacks(execute=True):
            browser.post(PAGE, SURE)
        rose.refresh_from_db()
        return browser

    return leave


def link_in(mail):
    return re.search(r"(/cancelled/keep/\S+/)", mail.body)[1]


# --- leaving ------------------------------------------------------------------------------------------------------
@pytest.mark.promise("D2")
def test_who_cancels_is_signed_out_everywhere_and_seen_by_nobody(rose, leave):
    fern = factories.make_member("fern")
    factories.befriend(rose, fern)
    elsewhere, hers = factories.sign_in(Client(), rose), factories.sign_in(Client(), fern)
    assert hers.get("/@rose/").status_code == HTTPStatus.OK
    assert "rose" in hers.get("/friends/").content.decode()
    browser = leave()
    absent = hers.get("/@nobody-here/")
    assert hers.get("/@rose/").status_code == absent.status_code == HTTPStatus.NOT_FOUND
    assert Client().get("/@rose/").status_code == HTTPStatus.NOT_FOUND
    for page in ("/friends/", "/people/", "/people/?q=rose"):
        assert "@rose" not in hers.get(page).content.decode()
    for client in (browser, elsewhere):
        assert client.get("/friends/").status_code == HTTPStatus.FOUND
    assert not Session.objects.filter(member=rose).exists()


def test_it_is_written_down_and_told_to_the_mailbox(rose, leave, mailoutbox):
    leave()
    request = ErasureRequest.objects.get()
    assert (request.member, request.origin, request.asked_by) == (rose, "member", None)
    assert request.due_at - request.asked_at == settings.CANCELLATION_GRACE == timedelta(days=14)
    assert Event.objects.filter(member=rose, kind=Kind.CANCELLED).exists()
    [mail] = mailoutbox
    assert mail.to == [rose.email]
    assert "Your account is cancelled" in mail.subject


def test_an_address_given_up_of_late_is_told_too(rose, leave, mailoutbox):
    common = {"member": rose, "new": rose.email}
    event = Event.objects.create(member=rose, kind=Kind.EMAIL_ASKED)
    EmailChange.objects.create(former="before@example.org", confirmed_at=timezone.now(), event=event, **common)
    leave()
    assert {mail.to[0] for mail in mailoutbox} == {rose.email, "before@example.org"}


def test_it_takes_a_fresh_sign_in_and_a_tick(rose):
    stale = factories.sign_in(Client(), rose)
    session = stale.session
    session["authenticated-at"] = 0
    session.save()
    assert stale.post(PAGE, SURE).status_code == HTTPStatus.FOUND
    fresh = factories.sign_in_freshly(rose)
    page = fresh.post(PAGE, {})
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Nothing has happened so far" in page.content.decode()
    rose.refresh_from_db()
    assert rose.cancelled_at is None
    assert not ErasureRequest.objects.exists()


def test_twice_is_once(rose, leave):
    leave()
    assert cancelling.cancel(rose, by=rose, seen=cancelling.Observation()) is None
    assert ErasureRequest.objects.count() == 1


# --- coming back --------------------------------------------------------------------------------------------------
def test_who_signs_in_within_the_grace_is_back_as_before(rose, leave):
    leave()
    browser = Client()
    page = browser.post("/sign-in/", {"email": rose.email, "password": factories.PASSWORD}, follow=True)
    assert "Your account is not cancelled any more" in page.content.decode()
    rose.refresh_from_db()
    assert rose.cancelled_at is None
    assert ErasureRequest.objects.get().kept_at is not None
    assert Event.objects.filter(member=rose, kind=Kind.ACCOUNT_KEPT).exists()
    fern = factories.make_member("fern")
    assert factories.sign_in(Client(), fern).get("/@rose/").status_code == HTTPStatus.OK


def test_a_look_at_the_mailed_link_changes_nothing_and_a_press_keeps_the_account_once(rose, leave, mailoutbox):
    leave()
    link = link_in(mailoutbox[0])
    assert "@rose" in Client().get(link).content.decode()
    rose.refresh_from_db()
    assert rose.cancelled_at is not None
    assert Client().post(link).status_code == HTTPStatus.FOUND
    rose.refresh_from_db()
    assert rose.cancelled_at is None
    assert Client().get(link).status_code == HTTPStatus.GONE
    leave()
    assert Client().post(link).status_code == HTTPStatus.GONE
    rose.refresh_from_db()
    assert rose.cancelled_at is not None


def test_when_it_has_fallen_due_nobody_comes_back(rose, leave, mailoutbox):
    leave()
    link = link_in(mailoutbox[0])
    with time_machine.travel(timezone.now() + settings.CANCELLATION_GRACE + timedelta(seconds=1)):
        assert Client().post(link).status_code == HTTPStatus.GONE
        assert not cancelling.keep(rose, seen=cancelling.Observation())
        answer = Client().post("/sign-in/", {"email": "rose@example.org", "password": factories.PASSWORD})
        nobody = Client().post("/sign-in/", {"email": "nobody@example.org", "password": factories.PASSWORD})
        assert (answer.status_code, nobody.status_code) == (HTTPStatus.UNPROCESSABLE_ENTITY,) * 2
    rose.refresh_from_db()
    assert rose.cancelled_at is not None


@pytest.mark.parametrize("token", ["no-such-token", "0" * 43])
def test_a_link_that_was_made_up_opens_nothing(token):
    assert Client().get(f"/cancelled/keep/{token}/").status_code == HTTPStatus.GONE
    assert Client().post(f"/cancelled/keep/{token}/").status_code == HTTPStatus.GONE


# --- when the grace is over ---------------------------------------------------------------------------------------
GRACE_IS_OVER = settings.CANCELLATION_GRACE + timedelta(minutes=1)


def when_due():
    return timezone.now() + GRACE_IS_OVER


@pytest.fixture
def marked():
    """Return a member with something of theirs in every place there is, and the words it can be known by."""
    words = [f"marker{number}" for number in range(6)]
    fern = factories.make_member("fern")
    member = factories.make_member(
        "gone", email=f"{words[0]}@example.org", bio=words[1], display_name=words[2], phone="+447700900456"
    )
    factories.befriend(member, fern)
    factories.make_circle(member, words[3], fern)
    factories.make_circle(fern, "Others", member)
    factories.block(member, factories.make_member("nettle"))
    browser = factories.sign_in_freshly(member)
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(file, "PNG")
    set_picture(member, SimpleUploadedFile("picture.png", file.getvalue()))
    choose(member, {Topic.NEWS: EVERYWHERE})
    suppress(member.email, Suppression.Reason.COMPLAINED)
    notify(NOTICES[Category.LEGAL], member, heading=words[4], text=words[5], page="")
    factories.begin_email_change(member, "marker@new.example")
    browser.post(PAGE, SURE)
    return member


@pytest.mark.promise("D2")
@pytest.mark.django_db(databases=["default", "keystore"])
def test_when_the_grace_is_over_nothing_of_them_is_left(marked, django_capture_on_commit_callbacks):
    number = marked.pk
    files = [(storage, name) for storage, name, whose in stored_pictures() if whose == number]
    assert files
    assert all(storage.exists(name) for storage, name in files)
    assert erasing.erase_due(timezone.now()) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert erasing.erase_due(when_due()) == 1
    deliver()
    with time_machine.travel(when_due() + timedelta(minutes=2)):  # the letter has left
        assert erasing.erase_due(timezone.now()) == 0
    assert ErasureRequest.objects.get().done_at is not None
    assert is_destroyed(number)
    assert not any(storage.exists(name) for storage, name in files)
    assert not Suppression.objects.exists()
    for model in apps.get_models():
        for cell in every_cell(model):
            assert cell != number, model
    rows = Notification.objects.filter(member=None)
    assert set(rows.values_list("parameters", "address")) == {(None, None)}


def every_cell(model):
    if connection.alias != router.db_for_read(model) or model._meta.proxy or not model._meta.managed:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
        return [cell for row in cursor for cell in row]


@pytest.mark.promise("D2")
def test_nothing_more_is_told_to_who_was_erased(marked, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase_due(when_due())
    deliver()
    assert [mail.subject for mail in mailoutbox] == ["Your account is erased"]
    others = Notification.objects.filter(member=None, sealed_by=None)
    assert set(others.values_list("state", flat=True)) == {State.ERASED}


@pytest.mark.promise("D5")
def test_the_handle_is_never_given_out_again_and_the_address_begins_anew(marked):
    erasing.erase_due(when_due())
    with time_machine.travel(timezone.now() + timedelta(days=4000)):
        housekeeping.purge_expired()
    form = {"email": "marker0@example.org", "password": "another-long-one-26", "birth_date": "1990-04-01"}
    page = Client().post("/join/", form | {"handle": "gone"}).content.decode()
    assert "taken" in page
    assert not Member.objects.with_email("marker0@example.org").exists()


def test_one_that_cannot_be_erased_holds_up_no_other(marked, rose, leave, monkeypatch, caplog):
    leave()
    whole = rows.remove

    def fails(label, number):
        if number == marked.pk:
            raise LookupError("marker")
        return whole(label, number)

    monkeypatch.setattr(rows, "remove", fails)
    assert erasing.erase_due(when_due()) == 1
    assert list(Member.objects.filter(cancelled_at__isnull=False)) == [marked]
    assert "LookupError" in caplog.text
    assert "marker" not in caplog.text


def test_who_came_back_is_not_erased(rose, leave):
    leave()
    cancelling.keep(rose, seen=cancelling.Observation())
    assert erasing.erase_due(when_due()) == 0
    assert Member.objects.filter(pk=rose.pk).exists()


def test_the_clock_and_a_command_erase(rose, leave, capsys):
    leave()
    ErasureRequest.objects.update(asked_at=timezone.now() - timedelta(days=15), due_at=timezone.now())
    call_command("start_due_erasures")
    assert capsys.readouterr().out.strip() == "Accounts erased: 1"
    assert celery.SCHEDULE["start due erasures"]["task"] == tasks.start_due_erasures.name


# --- staff --------------------------------------------------------------------------------------------------------
@pytest.fixture
def staff():
    sync_roles()

    def staff(handle, *roles):
        member = factories.make_member(handle)
        assign_roles(member, roles)
        member.refresh_from_db()
        return factories.sign_in_freshly(member), member

    return staff


def test_staff_cancel_at_a_members_request_and_it_is_written_down(
    rose, staff, mailoutbox, django_capture_on_commit_callbacks
):
    client, warden = staff("warden", "support")
    where = f"/admin/accounts/member/{rose.pk}/cancel/"
    assert where in client.get(f"/admin/accounts/member/{rose.pk}/change/").content.decode()
    assert client.post(where, {}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(where, SURE).status_code == HTTPStatus.FOUND
    rose.refresh_from_db()
    request = ErasureRequest.objects.get()
    assert (request.member, request.origin, request.asked_by) == (rose, "staff", warden)
    assert LogEntry.objects.filter(user=warden, change_message="cancelled at their request").exists()
    assert [mail.to for mail in mailoutbox if "is cancelled" in mail.subject] == [[rose.email]]
    assert "@rose" in client.get("/admin/privacy/erasurerequest/").content.decode()
    assert client.post(where, SURE).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("role", ["safety", "legal", "campaigns", "auditor", "partner_manager"])
def test_no_other_role_cancels(rose, staff, role):
    client, _other = staff("other", role)
    assert client.post(f"/admin/accounts/member/{rose.pk}/cancel/", SURE).status_code == HTTPStatus.FORBIDDEN
    assert not ErasureRequest.objects.exists()


def test_nobody_cancels_a_colleague_or_themself_there(staff):
    client, warden = staff("warden", "support")
    _other, colleague = staff("other", "auditor")
    for member in (warden, colleague):
        assert client.post(f"/admin/accounts/member/{member.pk}/cancel/", SURE).status_code == HTTPStatus.FORBIDDEN
    assert not Member.objects.exclude(cancelled_at=None).exists()
