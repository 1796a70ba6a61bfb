"""What a browser does on the way through a second step."""

from http import HTTPStatus
from typing import Any

from django.test import Client

from accounts.models import Member
from security.models import AuthenticatorApp, Event
from tests.factories import PASSWORD

CHANGES = ["/settings/security/app/", "/settings/security/passkey/", "/settings/security/codes/"]


def begin(browser: Client, handle: str = "rose", **more: str) -> Any:
    return browser.post("/sign-in/", {"email": f"{handle}@example.org", "password": PASSWORD, **more})


def is_signed_in(browser: Client) -> bool:
    return browser.get("/friends/").status_code == HTTPStatus.OK


def kinds_of(member: Member) -> list[str]:
    return list(Event.objects.filter(member=member).order_by("pk").values_list("kind", flat=True))


def waiting(member: Member) -> AuthenticatorApp:
    return AuthenticatorApp.objects.get(user=member, confirmed=False)
