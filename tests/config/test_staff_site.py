"""The back office is behind the site's own sign-in."""

from http import HTTPStatus

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.test import Client, RequestFactory

from config.staff_site import StaffSite


def asked_by(rf: RequestFactory, path: str, *, staff: bool, active: bool = True) -> HttpRequest:
    request = rf.get(path)
    request.user = get_user_model()(is_staff=staff, is_active=active)
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
    ("staff", "active", "enters"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_only_active_staff_enter(rf: RequestFactory, staff: bool, active: bool, enters: bool) -> None:
    assert StaffSite().has_permission(asked_by(rf, "/admin/", staff=staff, active=active)) is enters


def test_passwords_are_changed_on_one_page_only(rf: RequestFactory) -> None:
    answer = StaffSite().password_change(asked_by(rf, "/admin/password_change/", staff=True))
    assert answer["Location"] == "/password/change/"
