"""The navigation of the settings says where one is."""

import re

import pytest

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "item"),
    [
        ("/settings/profile/", "Profile"),
        ("/settings/phone/", "Profile"),
        ("/settings/birth-date/", "Profile"),
        ("/settings/email/", "Security"),
        ("/password/change/", "Security"),
        ("/settings/security/sessions/", "Security"),
        ("/circles/", "Circles"),
    ],
)
def test_exactly_one_item_is_the_current_one(client, address, item):
    factories.sign_in(client, factories.make_member("rose"))
    page = client.get(address).content.decode()
    navigation = re.search(r'<nav class="subnav".*?</nav>', page, re.DOTALL)[0]
    current = re.findall(r'aria-current="page">.*?</svg>\s*([^<]+?)\s*</a>', navigation, re.DOTALL)
    assert current == [item]
