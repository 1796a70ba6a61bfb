"""The page of a colleague's roles: superusers give them and take them away, from everybody but themselves."""

import time
from http import HTTPStatus

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.test import Client

from accounts.models import Member
from accounts.roles import SUPERUSER, assign_roles, change_roles, roles_of, sync_roles
from security.models import Event, Kind, Session
from security.observing import Observation
from security.signing_in import FRESH, VERIFIED
from tests.factories import make_member, sign_in, sign_in_freshly

pytestmark = [pytest.mark.django_db, pytest.mark.promise("K3")]


def colleague(handle, *roles):
    sync_roles()
    member = make_member(handle)
    assign_roles(member, roles)
    return Member.objects.get(pk=member.pk)


@pytest.fixture
def warden():
    return colleague("warden", SUPERUSER)


@pytest.fixture
def beadle():
    return colleague("beadle", "support", "legal")


def page_of(member):
    return f"/admin/accounts/member/{member.pk}/roles/"


def office_of(member, **earlier):
    browser = sign_in(Client(), member, verified=True)
    session = browser.session
    session[FRESH] = int(time.time())
    for key, seconds in earlier.items():
        session[{"fresh": FRESH, "verified": VERIFIED}[key]] = int(time.time()) - seconds
    session.save()
    return browser


def test_a_superuser_gives_and_takes_roles_and_every_session_of_the_colleague_ends(warden, beadle):
    office, theirs = office_of(warden), Client()
    sign_in_freshly(beadle, theirs)
    assert page_of(beadle) in office.get(f"/admin/accounts/member/{beadle.pk}/change/").content.decode()
    page = office.get(page_of(beadle)).content.decode()
    assert page.count("checked") == len(roles_of(beadle))
    answer = office.post(page_of(beadle), {"roles": ["legal", "auditor"]})
    assert answer["Location"] == f"/admin/accounts/member/{beadle.pk}/change/"
    beadle.refresh_from_db()
    assert roles_of(beadle) == {"legal", "auditor"}
    assert not Session.objects.filter(member=beadle).exists()
    assert Event.objects.filter(member=beadle, kind=Kind.ROLES_CHANGED).count() == 1
    [entry] = LogEntry.objects.all()
    assert entry.change_message == "roles: auditor, legal"
    assert "beadle" not in entry.object_repr


def test_without_a_role_a_colleague_is_none_of_the_staff_any_more(warden, beadle):
    office = office_of(warden)
    office.post(page_of(beadle), {})
    beadle.refresh_from_db()
    assert (beadle.is_staff, roles_of(beadle)) == (False, set())
    assert office.get(page_of(beadle)).status_code == HTTPStatus.NOT_FOUND


def test_there_is_no_way_to_roles_of_oneself_or_of_who_is_no_colleague(warden, beadle):
    rose, office = make_member("rose"), office_of(warden)
    for person, answered in ((warden, HTTPStatus.FORBIDDEN), (rose, HTTPStatus.NOT_FOUND)):
        assert page_of(person) not in office.get(f"/admin/accounts/member/{person.pk}/change/").content.decode()
        for answer in (office.get(page_of(person)), office.post(page_of(person), {"roles": ["support"]})):
            assert answer.status_code == answered
        with pytest.raises(PermissionDenied):
            change_roles(person, ["support"], by=warden, seen=Observation())
    officer = office_of(colleague("officer", "privacy_officer", "safety"))
    assert page_of(beadle) not in officer.get(f"/admin/accounts/member/{beadle.pk}/change/").content.decode()
    assert officer.post(page_of(beadle), {"roles": [SUPERUSER]}).status_code == HTTPStatus.FORBIDDEN
    assert not Member.objects.get(pk=rose.pk).is_staff


def test_of_two_who_take_each_others_roles_away_one_stays(warden):
    other = colleague("other", SUPERUSER)
    change_roles(warden, [], by=other, seen=Observation())
    with pytest.raises(PermissionDenied):
        change_roles(other, [], by=warden, seen=Observation())
    assert Member.objects.get(is_superuser=True) == other


def test_it_takes_a_fresh_sign_in_and_a_second_step_that_is_not_long_ago(warden, beadle):
    stale = office_of(warden, fresh=settings.FRESH_FOR + 1)
    assert stale.post(page_of(beadle), {})["Location"].startswith("/sign-in/")
    long_ago = office_of(warden, verified=settings.STAFF_FACTOR_AGE + 1)
    assert long_ago.post(page_of(beadle), {}).status_code == HTTPStatus.FOUND
    assert roles_of(Member.objects.get(pk=beadle.pk)) == {"support", "legal"}


def test_a_role_that_there_is_not_is_refused_by_the_boxes(warden, beadle):
    answer = office_of(warden).post(page_of(beadle), {"roles": ["legal", "king"]})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "There is no such role." in answer.content.decode()
    assert roles_of(beadle) == {"support", "legal"}
