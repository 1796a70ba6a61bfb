"""Whom the tests of bad input are about."""

import pytest

from accounts.models import Member
from accounts.roles import sync_roles
from privacy.models import PolicyVersion
from security.models import AuthenticatorApp, Event, Kind, SignIn
from tests.factories import VALUES, add_app, befriend, make_circle, make_member

from .sending import a_campaign, a_notice_to, an_announcement


@pytest.fixture
def rose() -> Member:
    rose, fern = make_member("rose", **VALUES), make_member("fern")
    befriend(rose, fern)
    add_app(rose)
    make_member("moss", city="Mossley")
    sync_roles()
    return rose


@pytest.fixture
def parts(rose: Member) -> dict[str, str]:
    """Return what stands for each part of an address."""
    return {
        "handle": "fern",
        "field": "city",
        "circle_id": str(make_circle(rose, "Family", Member.objects.get(handle="fern")).pk),
        "event_id": str(Event.objects.create(member=rose, kind=Kind.NEW_BROWSER, is_alert=True).pk),
        "sign_in_id": str(SignIn.objects.create(member=rose).pk),
        "picture_id": "6b0c1a52-3d2f-4a5e-9f0e-2d7f1f0c8a11",
        "size": "small",
        "kind": "app",
        "label": "security.event",
        "step_id": str(AuthenticatorApp.objects.get(user=rose).pk),
        "number": PolicyVersion.objects.in_force()[0].number,
        "name": "one.log",
        "position": "0",
        "content_type_id": "1",
        "announcement": str(an_announcement()),
        "campaign": str(a_campaign()),
        "notification": a_notice_to(rose),
        "slug": "review-information",
        "app_label": "accounts",
    }
