"""Links that were mailed, pressed in a real browser."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
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


BEHIND_THE_LINK = "getComputedStyle(document.querySelector('a.button')).backgroundColor"


def test_the_mail_itself_is_shown_in_its_own_dress_and_its_link_leads_out_of_the_frame(
    live_server: LiveServer, page: Page
) -> None:
    folder = Path(settings.EMAIL_FILE_PATH)
    folder.mkdir(exist_ok=True)
    connection = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(folder))
    letter = EmailMultiAlternatives("Set a new password", "Text", to=["rose@example.org"], connection=connection)
    ways = {"link": f"{live_server.url}/password/reset/no-such-token/", "hours": 2, "home": live_server.url}
    html = render_to_string("notices/reset-password/body.html", ways)
    letter.attach_alternative(html.replace("</body>", "<script>document.title = 'ran'</script></body>"), "text/html")
    letter.send()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(f"{live_server.url}/dev/mail/")
    page.get_by_role("link", name="Set a new password").first.click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("link", name="Set a new password").wait_for()
    [inner] = page.main_frame.child_frames
    assert inner.evaluate(BEHIND_THE_LINK) == "rgb(44, 95, 69)"
    assert inner.title() != "ran"
    assert all("script" in text for text in refused), refused
    frame.get_by_role("link", name="Set a new password").click()
    page.wait_for_url("**/password/reset/no-such-token/")


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
    page.get_by_role("button", name="Go on without one").click()
    page.get_by_role("button", name="They are mine, go on").click()
    page.get_by_role("button", name="It is as I want it, go on").click()
    assert page.get_by_role("heading", name="Your account is yours again").is_visible()
