"""The back office is behind the site's own sign-in."""

import re
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.test import Client, RequestFactory

from accounts.models import Member
from accounts.roles import SUPERUSER, assign_roles
from config.staff_site import StaffSite
from security.signing_in import VERIFIED
from tests import factories


def asked_by(
    rf: RequestFactory, path: str, *, staff: bool, active: bool = True, verified: bool = True, ago: int = 0
) -> HttpRequest:
    """Return a request of somebody whose second step was done some seconds ago."""
    request = rf.get(path)
    request.user = get_user_model()(is_staff=staff, is_active=active)
    request.user.is_verified = lambda: verified
    request.session = {VERIFIED: time.time() - ago}
    return request


def test_a_visitor_is_sent_to_the_one_sign_in_page(client: Client, db: None) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/sign-in/?next=/admin/"
    assert answer.status_code == HTTPStatus.OK


def test_a_visitor_of_its_login_comes_back_to_where_they_wanted_to_go(rf: RequestFactory) -> None:
    request = rf.get("/admin/login/?next=/admin/accounts/member/")
    request.user = AnonymousUser()
    answer = StaffSite().login(request)
    assert answer["Location"] == "/sign-in/?next=/admin/accounts/member/"
    assert "no-cache" in answer["Cache-Control"]


def test_staff_who_are_signed_in_already_are_let_on(rf: RequestFactory) -> None:
    assert StaffSite().login(asked_by(rf, "/admin/login/", staff=True))["Location"] == "/admin/"


def test_a_member_is_refused_and_not_sent_round_in_circles(rf: RequestFactory) -> None:
    with pytest.raises(PermissionDenied):
        StaffSite().login(asked_by(rf, "/admin/login/?next=/admin/", staff=False))


@pytest.mark.parametrize(
    ("who", "enters"),
    [
        ({"staff": True}, True),
        ({"staff": True, "active": False}, False),
        ({"staff": False}, False),
        ({"staff": True, "verified": False}, False),
        ({"staff": True, "ago": settings.STAFF_FACTOR_AGE - 5}, True),
        ({"staff": True, "ago": settings.STAFF_FACTOR_AGE + 5}, False),
    ],
)
def test_only_active_staff_with_a_second_step_of_late_enter(
    rf: RequestFactory, who: dict[str, Any], enters: bool
) -> None:
    assert StaffSite().has_permission(asked_by(rf, "/admin/", **who)) is enters


def test_staff_whose_second_step_was_too_long_ago_do_it_again_and_come_back(rf: RequestFactory) -> None:
    request = asked_by(rf, "/admin/login/?next=/admin/accounts/member/", staff=True, verified=False)
    assert StaffSite().login(request)["Location"] == "/sign-in/verify/?next=/admin/accounts/member/"


def test_passwords_are_changed_on_one_page_only(rf: RequestFactory) -> None:
    answer = StaffSite().password_change(asked_by(rf, "/admin/password_change/", staff=True))
    assert answer["Location"] == "/password/change/"


@pytest.fixture
def office(db: None) -> Client:
    warden = factories.make_member("warden")
    assign_roles(warden, [SUPERUSER])
    return factories.sign_in(Client(), warden)


def test_the_staff_site_speaks_in_the_words_of_the_house(office: Client) -> None:
    page = office.get("/admin/").content.decode()
    assert "Authentication and Authorization" not in page
    assert re.search(r">\s*Staff\s*<", page)
    assert re.search(r">\s*Roles\s*<", page)
    assert "Select role to view" in office.get("/admin/auth/group/").content.decode()


@pytest.mark.parametrize("hour", [0, 9, 12, 18])
def test_times_are_those_of_a_clock_with_twenty_four_hours(office: Client, hour: int) -> None:
    moment = datetime(2026, 5, 4, hour, 5, tzinfo=UTC)
    rose = factories.make_member("rose", email_verified_at=moment)
    Member.objects.filter(pk=rose.pk).update(joined_at=moment)
    for address in ("/admin/accounts/member/?q=rose", f"/admin/accounts/member/{rose.pk}/change/"):
        page = office.get(address).content.decode()
        assert f"4 May 2026, {hour:02}:05" in page
        assert not re.search(r"\b[ap]\.m\.|noon|midnight", page)


def test_what_suspending_does_stands_beside_the_box_that_does_it(office: Client) -> None:
    rose = factories.make_member("rose")
    page = office.get(f"/admin/accounts/member/{rose.pk}/change/").content.decode()
    assert 'aria-describedby="id_is_active_helptext"' in page
    assert re.search(r'id="id_is_active_helptext">\s*<div>[^<]*signed out everywhere at once', page)
