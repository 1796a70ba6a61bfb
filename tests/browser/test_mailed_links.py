"""Links that were mailed, pressed in a real browser."""

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from security import events, tokens
from security.models import Kind
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_button_works_on_a_page_that_tells_nobody_its_address(live_server: LiveServer, page: Page) -> None:
    """With ``no-referrer`` alone, browsers send forms with ``Origin: null``, and the CSRF check refuses them."""
    bud = factories.make_member("bud", email_verified_at=None)
    page.goto(f"{live_server.url}/join/confirm/{tokens.issue(bud, tokens.VERIFY_EMAIL)}/")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Confirm and sign in as @bud").click()
    page.wait_for_url("**/settings/check-up/")


def test_the_form_for_a_new_password_works_there_too(live_server: LiveServer, page: Page) -> None:
    rose = factories.make_member("rose")
    page.goto(f"{live_server.url}/password/reset/{tokens.issue(rose, tokens.RESET_PASSWORD)}/")
    page.get_by_label("New password").fill("barley under the bells")
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url("**/sign-in/")


@pytest.mark.promise("N2")
def test_this_was_not_me_goes_on_to_a_new_password_and_to_what_is_left_to_do(
    live_server: LiveServer, page: Page
) -> None:
    rose = factories.make_member("rose")
    event = events.happened(rose, Kind.NEW_BROWSER)
    page.goto(f"{live_server.url}/security/not-me/{tokens.issue(rose, tokens.NOT_ME, event=event)}/")
    page.get_by_role("button", name="Sign everybody out").click()
    page.get_by_label("New password").fill("barley under the bells")
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url("**/sign-in/?next=**")
    page.get_by_label("E-mail").fill("rose@example.org")
    page.get_by_label("Password").fill("barley under the bells")
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/settings/security/gave-away/")
    page.get_by_role("button", name="These are mine, go on").click()
    page.get_by_role("button", name="Both are mine, go on").click()
    page.get_by_role("button", name="It is as I want it, go on").click()
    assert page.get_by_role("heading", name="Your account is yours again").is_visible()
