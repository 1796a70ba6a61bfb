"""Password managers: every form says what belongs where, nothing hinders pasting, and the page of change is found."""

import re

import pytest
from django.test import Client

from security import tokens
from tests import factories

pytestmark = pytest.mark.django_db
KNOWN_TO_MANAGERS = {"current-password", "new-password"}


@pytest.fixture
def pages():
    """Return every page that asks for a password, by its address."""
    rose, bud = factories.make_member("rose"), factories.make_member("bud", email_verified_at=None)
    visitor, hers = Client(), factories.sign_in_freshly(rose)
    stale = Client()
    stale.force_login(rose)
    asked = {
        "/join/": visitor,
        "/sign-in/": visitor,
        f"/join/confirm/{tokens.issue(bud, tokens.VERIFY_EMAIL)}/": visitor,
        f"/password/reset/{tokens.issue(rose, tokens.RESET_PASSWORD)}/": visitor,
        "/password/change/": hers,
        "/sign-in/again/": stale,
    }
    return {address: browser.get(address) for address, browser in asked.items()}


def controls(page, kind):
    return re.findall(rf'<input[^>]*type="{kind}"[^>]*>', page.content.decode())


def test_every_password_says_whether_it_is_the_old_or_the_new_one(pages):
    for address, page in pages.items():
        assert page.status_code == 200, address
        found = controls(page, "password")
        assert found, address
        for control in found:
            assert re.search(r'autocomplete="([\w-]+)"', control)[1] in KNOWN_TO_MANAGERS, address


def test_where_a_password_is_typed_with_an_address_a_manager_knows_whose_it_is(pages):
    [control] = controls(pages["/sign-in/"], "email")
    assert 'autocomplete="username"' in control


def test_nothing_hinders_pasting(pages):
    for address, page in pages.items():
        assert not re.search(r'onpaste|autocomplete="off"|readonly', page.content.decode()), address


def test_the_page_where_a_password_is_changed_is_found():
    assert Client().get("/.well-known/change-password")["Location"] == "/password/change/"
