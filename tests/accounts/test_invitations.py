"""Inviting to the staff: who may, what is mailed, and what the invited person alone decides."""

import re
import time
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.conf import settings
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts import housekeeping, invitations
from accounts.models import Member, StaffInvitation
from accounts.roles import assign_roles, sync_roles
from encryption.keys import is_destroyed
from security.authenticator import new_secret
from security.models import AuthenticatorApp, Event, Kind
from security.signing_in import FRESH, VERIFIED
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.promise("K3")]
PASSWORD = "barley under the bells"
INVITE = "/admin/accounts/staffinvitation/add/"
LIST = "/admin/accounts/staffinvitation/"


@pytest.fixture
def warden():
    sync_roles()
    warden = factories.make_member("warden")
    assign_roles(warden, ["superuser"])
    return warden


def staff_browser(member, *, fresh=True, verified=True):
    browser = Client()
    browser.force_login(member)
    session = browser.session
    if fresh:
        session[FRESH] = int(time.time())
    if verified:
        app = AuthenticatorApp.objects.create(user=member, name="app", secret=new_secret(), confirmed=True)
        session[DEVICE_ID_SESSION_KEY], session[VERIFIED] = app.persistent_id, int(time.time())
    session.save()
    return browser


@pytest.fixture
def office(warden):
    return staff_browser(warden)


@pytest.fixture
def invite(office, django_capture_on_commit_callbacks):
    def send(email="wren@example.org", handle="wren", roles=("support",)):
        with django_capture_on_commit_callbacks(execute=True):
            return office.post(INVITE, {"email": email, "handle": handle, "roles": list(roles)})

    return send


def link_in(mail):
    return re.search(re.escape(settings.PUBLIC_URL) + r"(/staff/invitation/\S+/)", mail.body)[1]


def accept(link, browser=None, **answers):
    return (browser or Client()).post(link, {"new_password": PASSWORD, "agree": "on", **answers})


def test_who_is_invited_chooses_the_password_and_becomes_staff(invite, mailoutbox):
    assert invite()["Location"] == LIST
    assert [mail.to for mail in mailoutbox] == [["wren@example.org"]]
    wren = Member.objects.get(handle="wren")
    assert (wren.is_staff, wren.email_verified_at, wren.has_usable_password()) == (False, None, False)
    link = link_in(mailoutbox[0])
    page = Client().get(link)
    assert "Support" in page.content.decode()
    assert 'autocomplete="new-password"' in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    answer = accept(link)
    assert answer["Location"] == "/sign-in/?next=/admin/"
    wren = Member.objects.get(handle="wren")
    assert wren.is_staff
    assert not wren.is_superuser
    assert wren.check_password(PASSWORD)
    assert wren.email_verified_at is not None
    assert list(wren.groups.values_list("name", flat=True)) == ["support"]
    assert Event.objects.filter(member=wren, kind=Kind.ROLES_CHANGED).exists()
    assert not StaffInvitation.objects.exists()
    assert Client().get(link).status_code == HTTPStatus.GONE


def test_a_known_address_gets_the_mail_too_and_accepts_signed_in(invite, mailoutbox):
    fern = factories.make_member("fern")
    invite("fern@example.org", "wren", ["auditor"])
    link = link_in(mailoutbox[0])
    assert Client().get(link)["Location"] == f"/sign-in/?next={link}"
    assert Client().post(link, {"new_password": PASSWORD, "agree": "on"}).status_code == HTTPStatus.FOUND
    assert not Member.objects.get(pk=fern.pk).is_staff
    browser, elsewhere = Client(), Client()
    for each in (browser, elsewhere):
        each.post("/sign-in/", {"email": "fern@example.org", "password": factories.PASSWORD})
    assert "Join the staff as @fern" in browser.get(link).content.decode()
    assert browser.post(link)["Location"] == "/sign-in/?next=/admin/"
    fern = Member.objects.get(pk=fern.pk)
    assert fern.is_staff
    assert fern.check_password(factories.PASSWORD)
    assert [each.get("/settings/privacy/").status_code for each in (browser, elsewhere)] == [HTTPStatus.FOUND] * 2


@pytest.mark.promise("E6")
def test_staff_see_the_same_whether_the_address_is_known(invite, office):
    factories.make_member("fern")
    factories.make_member("moss", is_active=False)
    factories.make_member("bud", email_verified_at=None)
    seen = set()
    for number, who in enumerate(("nobody", "fern", "moss", "bud")):
        answer = invite(f"{who}@example.org", f"handle{number}")
        listed = re.findall(r'field-address">.*?</tr>', office.get(LIST).content.decode(), re.DOTALL)
        seen.add((answer.status_code, answer["Location"], answer.content, len(listed) - number))
        assert who not in "".join(listed)
        taken = invite("somebody@example.org", f"handle{number}").content.decode()
        assert "That handle is taken" in taken
    assert len(seen) == 1


def test_who_is_suspended_is_sent_nothing(invite, mailoutbox):
    factories.make_member("moss", is_active=False)
    invite("moss@example.org")
    assert mailoutbox == []


def test_an_account_that_somebody_else_began_with_the_address_makes_room(invite, mailoutbox):
    intruder = factories.make_member("wrenn", email="wren@example.org", email_verified_at=None)
    invite()
    accept(link_in(mailoutbox[0]))
    assert is_destroyed(intruder.pk) or not Member.objects.filter(pk=intruder.pk).exists()
    assert Member.objects.with_email("wren@example.org").get().check_password(PASSWORD)


def test_joining_with_the_address_takes_nothing_from_who_is_invited(invite, mailoutbox):
    invite()
    wren = Member.objects.get(handle="wren")
    from accounts.registration import discard

    assert discard(wren) is False
    assert accept(link_in(mailoutbox[0])).status_code == HTTPStatus.FOUND


def test_nobody_invites_themself_or_without_being_a_superuser(invite, warden):
    answer = invite("Warden@Example.org", "other")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "your own address" in answer.content.decode()
    officer = factories.make_member("officer")
    assign_roles(officer, ["privacy_officer", "safety"])
    for method in ("get", "post"):
        assert getattr(staff_browser(officer), method)(INVITE).status_code == HTTPStatus.FORBIDDEN
    with pytest.raises(invitations.PermissionDenied):
        invitations.invite("wren@example.org", "wren", ["support"], by=officer)
    assert not StaffInvitation.objects.exists()


def test_inviting_takes_a_fresh_sign_in_and_a_second_step_that_is_not_long_ago(warden):
    stale = staff_browser(warden, fresh=False)
    assert stale.get(INVITE)["Location"].startswith("/sign-in/")
    half = staff_browser(warden, verified=False)
    answers = {"email": "wren@example.org", "handle": "wren", "roles": ["support"]}
    assert half.get(INVITE).status_code == half.post(INVITE, answers).status_code == HTTPStatus.FOUND
    long_ago = staff_browser(warden)
    session = long_ago.session
    session[VERIFIED] = int(time.time()) - settings.STAFF_FACTOR_AGE - 1
    session.save()
    assert long_ago.post(INVITE, answers).status_code == HTTPStatus.FOUND
    assert not StaffInvitation.objects.exists()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"email": "no address"}, "does not read like an e-mail address"),
        ({"handle": "warden"}, "That handle is taken"),
        ({"handle": "x"}, "Three characters at least"),
        ({"roles": []}, "Choose one role at least"),
        ({"roles": ["king"]}, "There is no such role"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(invite, answers, said):
    answer = invite(**{"email": "wren@example.org", **answers})
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert said in page
    assert 'value="wren' in page or 'value="no address"' in page
    assert not StaffInvitation.objects.exists()


def test_an_invitation_for_somebody_else_opens_nothing(invite, mailoutbox):
    factories.make_member("fern")
    invite("fern@example.org", "wren")
    nettle = factories.make_member("nettle")
    browser = staff_browser(nettle, verified=False)
    link = link_in(mailoutbox[0])
    for answer in (browser.get(link), browser.post(link)):
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert "fern" not in answer.content.decode()
    assert not Member.objects.get(pk=nettle.pk).is_staff
    assert StaffInvitation.objects.exists()


@pytest.mark.parametrize("answers", [{"agree": ""}, {"new_password": "short"}, {"new_password": "wren@example.org"}])
def test_a_password_that_will_not_do_leaves_the_invitation_whole(invite, mailoutbox, answers):
    invite()
    link = link_in(mailoutbox[0])
    assert accept(link, **answers).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert accept(link).status_code == HTTPStatus.FOUND


def test_an_invitation_adds_roles_and_takes_none_away(invite, mailoutbox):
    fern = factories.make_member("fern")
    assign_roles(fern, ["legal"])
    invite("fern@example.org", "wren", ["support"])
    staff_browser(fern).post(link_in(mailoutbox[0]))
    assert set(fern.groups.values_list("name", flat=True)) == {"legal", "support"}


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_superuser": False}, None])
@pytest.mark.parametrize("email", ["wren@example.org", "fern@example.org"])
def test_an_invitation_is_worth_nothing_once_its_inviter_may_not_invite(invite, warden, mailoutbox, email, change):
    fern = factories.make_member("fern")
    invite(email)
    link = link_in(mailoutbox[0])
    if change:
        Member.objects.filter(pk=warden.pk).update(**change)
    else:
        StaffInvitation.objects.update(invited_by=None)
    for browser in (Client(), staff_browser(fern, verified=False)):
        assert browser.get(link).status_code == accept(link, browser).status_code == HTTPStatus.GONE
    assert not Member.objects.filter(is_staff=True).exclude(pk=warden.pk).exists()


def test_only_the_newest_link_opens_anything(invite, mailoutbox):
    invite()
    invite(handle="wren2")
    first, second = map(link_in, mailoutbox)
    assert Client().get(first).status_code == HTTPStatus.GONE
    assert Client().get(second).status_code == HTTPStatus.OK
    assert StaffInvitation.objects.count() == 1


@pytest.mark.promise("B3")
def test_after_three_days_it_is_gone_with_the_account_that_was_made_for_it(invite, mailoutbox):
    invite()
    wren, link = Member.objects.get(handle="wren").pk, link_in(mailoutbox[0])
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        assert accept(link).status_code == HTTPStatus.GONE
        assert housekeeping.purge_expired()["invitations to the staff"] == 1
    assert not Member.objects.filter(pk=wren).exists()


def test_it_can_be_taken_back(invite, office, mailoutbox):
    factories.make_member("fern")
    invite()
    invite("fern@example.org", "other")
    for asked in StaffInvitation.objects.all():
        answer = office.post(f"{LIST}{asked.pk}/delete/", {"post": "yes"})
        assert answer.status_code == HTTPStatus.FOUND
    assert [accept(link_in(mail)).status_code for mail in mailoutbox] == [HTTPStatus.GONE] * 2
    assert set(Member.objects.values_list("handle", flat=True)) == {"warden", "fern"}


@pytest.mark.promise("E6")
def test_no_page_and_no_row_of_the_log_leads_from_an_invitation_to_its_member(invite, office):
    fern = factories.make_member("fern")
    invite("fern@example.org", "wren")
    asked = StaffInvitation.objects.get()
    pages = [office.get(f"{LIST}{asked.pk}/{way}/").content.decode() for way in ("change", "delete", "history")]
    office.post(f"{LIST}{asked.pk}/delete/", {"post": "yes"})
    pages += [office.get(address).content.decode() for address in (LIST, f"{LIST}{asked.pk}/history/", "/admin/")]
    assert not [page for page in pages if str(fern.pk) in page or "fern" in page]
    added, deleted = LogEntry.objects.order_by("pk")
    assert (added.action_flag, deleted.action_flag) == (ADDITION, DELETION)
    for entry in (added, deleted):
        assert entry.object_repr == f"staff invitation {asked.pk}"
        assert entry.object_id == asked.pk
        assert str(fern.pk) not in entry.change_message


@pytest.mark.promise("E6")
def test_the_handle_that_came_with_an_invitation_is_in_no_list_before_it_is_accepted(invite, office, mailoutbox):
    factories.make_member("fern")
    pages = set()
    for address in ("fern@example.org", "nobody@example.org"):
        invite(address, handle := f"handle{len(pages)}" if not pages else "handle1")
        page = office.get("/admin/accounts/member/", {"q": handle}).content.decode()
        assert "0 members" in page
        pages.add(handle)
    assert Member.objects.filter(handle="handle1").exists()
    accept(link_in(mailoutbox[-1]))
    assert ">handle1</a>" in office.get("/admin/accounts/member/?q=handle1").content.decode()


@pytest.mark.promise("K2")
def test_the_list_and_the_log_name_nobody(invite, office, mailoutbox):
    invite("wren.of.alderford@example.org")
    page = office.get(LIST).content.decode()
    assert "Support" in page
    assert "alderford" not in page
    [entry] = LogEntry.objects.all()
    assert "alderford" not in entry.object_repr + entry.change_message
    assert "wren" not in entry.object_repr + entry.change_message
    assert "support" in entry.change_message
    [row] = StaffInvitation.objects.values()
    assert link_in(mailoutbox[0]).split("/")[3] not in repr(row)


def test_from_the_invitation_through_a_first_second_step_to_the_back_office(invite, mailoutbox):
    invite()
    browser = Client()
    door = accept(link_in(mailoutbox[0]), browser)["Location"]
    shown = browser.get(door).content.decode()
    assert 'name="next" value="/admin/"' in shown
    typed = {"email": "wren@example.org", "password": PASSWORD, "next": "/admin/"}
    assert browser.post("/sign-in/", typed)["Location"] == "/admin/"
    stopped = browser.get("/admin/")["Location"]
    assert stopped == "/settings/security/?next=/admin/"
    way = re.search(r'href="(/settings/security/app/[^"]*)"', browser.get(stopped).content.decode())[1]
    browser.get(way)
    app = AuthenticatorApp.objects.get(user__handle="wren")
    answer = browser.post(way, {"code": factories.code_of(app), "name": "Telephone", "next": "/admin/"})
    assert 'button--primary" href="/admin/"' in answer.content.decode()
    assert browser.get("/admin/").status_code == HTTPStatus.OK


def test_what_is_wrong_is_said_of_the_colleague_and_helps_beside_the_control(office):
    page = office.post(INVITE, {}).content.decode()
    assert "Type the address to invite." in page
    assert "your e-mail" not in page
    assert re.search(r'aria-describedby="id_email-error-1 id_email_helptext"', page)
    for name in ("email", "handle"):
        assert re.search(rf'<div class="flex-container"><label[^>]*for="id_{name}".*?</div>\s*<div class="help"', page)
