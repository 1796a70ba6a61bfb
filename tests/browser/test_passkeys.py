"""Passkeys in a real browser, with a device that the browser makes believe."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from security.models import Passkey
from security.sessions import SessionStore
from security.signing_in import FRESH
from tests.factories import PASSWORD, make_member

from .conftest import Opens, Town
from .keyboard import Keyboard

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.promise("N2")]


@pytest.fixture
def with_device(visit: Opens, live_server: Any, monkeypatch: Any) -> Callable[..., Page]:
    """Open a browser with an authenticator that holds passkeys and knows its owner by a finger."""
    monkeypatch.setattr(settings, "OTP_WEBAUTHN_ALLOWED_ORIGINS", [live_server.url])

    def open_browser(*args: Any) -> Page:
        page = visit(*args).page
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return page

    return open_browser


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def add_passkey(page: Page) -> None:
    page.goto("/settings/security/passkey/")
    page.get_by_label("Name").fill("This computer")
    press(page, "Make a passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")


def let_time_pass(page: Page) -> None:
    """Make the session of a browser one that has shown who it is too long ago."""
    [key] = [each["value"] for each in page.context.cookies() if each["name"] == settings.SESSION_COOKIE_NAME]
    session = SessionStore(key)
    session.pop(FRESH, None)
    session.save()


def sign_out(page: Page) -> None:
    page.goto("/sign-out/")
    press(page, "Sign out here")


def test_from_adding_a_passkey_to_signing_in_with_it_alone(town: Town, with_device: Callable[..., Page]):
    page = with_device(town.moss)
    add_passkey(page)
    assert page.locator(".codes li").count() == 10
    page.get_by_role("link", name="I have them, go on").click()
    expect(page.get_by_role("link", name="This computer")).to_be_visible()
    expect(page.get_by_text("10 of 10 left")).to_be_visible()

    sign_out(page)
    page.goto("/sign-in/?next=/circles/")
    page.get_by_label("E-mail").fill("moss@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    press(page, "Use a passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Circles")

    sign_out(page)
    page.goto("/sign-in/?next=/friends/")
    press(page, "Sign in with a passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Friends")

    let_time_pass(page)
    page.goto("/password/change/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    press(page, "It is me, by a passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Change your password")
    assert Passkey.objects.get().last_used_at


def test_a_removed_passkey_is_refused_in_words(town: Town, with_device: Callable[..., Page]):
    page = with_device(town.moss)
    add_passkey(page)
    page.goto("/settings/security/")
    page.get_by_role("link", name="This computer").click()
    press(page, "Remove This computer")
    expect(page.get_by_text("You have none yet.")).to_be_visible()
    sign_out(page)
    page.goto("/sign-in/")
    press(page, "Sign in with a passkey")
    expect(page.get_by_role("alert").get_by_text("This passkey opens nothing here")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_focused()


def test_passkeys_by_keyboard(town: Town, with_device: Callable[..., Page]):
    page = with_device(town.moss)
    add_passkey(page)
    sign_out(page)
    keyboard = Keyboard(page)
    keyboard.open("/sign-in/")
    keyboard.reach(page.get_by_role("button", name="Sign in with a passkey"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your account")).to_be_visible()


def test_without_script_the_button_is_not_there_and_a_sentence_says_why(town: Town, visit: Opens):
    page = visit(java_script_enabled=False).page
    page.goto("/sign-in/")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    # Playwright switches scripts off too late for the browser to draw this.
    assert "here it is switched off" in (page.locator("noscript").text_content() or "")


def test_where_the_browser_finds_no_passkey_it_is_said(town: Town, with_device: Callable[..., Page]):
    page = with_device()
    make_member("sorrel")
    page.goto("/sign-in/")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError')) }")
    press(page, "Sign in with a passkey")
    expect(page.get_by_role("alert").get_by_text("Nothing happened")).to_be_visible()
