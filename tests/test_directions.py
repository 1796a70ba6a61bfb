"""What people write may run from right to left. It stands alone wherever it is shown, and turns nothing beside it."""

import html
import re
from collections.abc import Iterator

import pytest
from django.test.html import Element, parse_html

from accounts.models import FriendRequest, Mute, Profile
from catalogue.vocabulary import Audience
from tests import factories

pytestmark = pytest.mark.django_db

ARABIC = re.compile("[\u0600-\u06ff]")
LATIN = re.compile("[A-Za-z0-9@]")
WORDS = {
    "display_name": "وردة",
    "bio": "عندي فول\nكثير",
    "pronouns": "هي",
    "city": "حلب",
    "employer": "مكتبة",
    "school": "مدرسة",
    "interests": ["فول", "أجراس"],
    "postal_address": "شارع الطاحونة\nحلب",
}
PAGES = [
    "/",
    "/people/",
    "/@rose/",
    "/@rose/?as=friend",
    "/@rose/?as=circle:{circle}",
    "/@rose/sees/city/",
    "/@fern/",
    "/friends/",
    "/friends/end/fern/",
    "/circles/",
    "/circles/{circle}/",
    "/blocks/",
    "/blocks/add/fern/",
    "/settings/profile/",
    "/settings/privacy/",
    "/settings/privacy/city/",
    "/settings/check-up/?step=about",
    "/settings/check-up/?step=found",
]


@pytest.fixture
def rose(client):
    """Return rose, signed in, with a friend, a request, a mute and a circle, all of them named in Arabic."""
    everything = dict.fromkeys(WORDS, Audience.EVERYONE)
    rose, fern, moss, ivy = (
        factories.make_member(handle, audiences=everything, **WORDS) for handle in ("rose", "fern", "moss", "ivy")
    )
    factories.befriend(rose, fern)
    FriendRequest.objects.create(sender=moss, recipient=rose)
    Mute.objects.create(muter=rose, muted=ivy)
    factories.show_to_circles(rose, "city", factories.make_circle(rose, "أسرة", fern))
    factories.except_from(rose, "city", ivy)
    client.force_login(rose)
    return rose


def texts(element: Element, above: tuple[Element, ...] = ()) -> Iterator[tuple[str, tuple[Element, ...]]]:
    """Yield every text of a page with the elements around it, the nearest first."""
    for child in element.children:
        if isinstance(child, str):
            yield child, (element, *above)
        else:
            yield from texts(child, (element, *above))


def elements(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        if not isinstance(child, str):
            yield from elements(child)


def isolates(element: Element) -> bool:
    return element.name in ("bdi", "textarea") or ("dir", "auto") in element.attributes


def turned(page: Element) -> list[str]:
    """Return the texts from right to left that share their line with others."""
    found = []
    for text, above in texts(page):
        if ARABIC.search(text) and above[0].name != "title":
            around = next((element for element in above if isolates(element)), page)
            if LATIN.search(" ".join(each for each, _ in texts(around))):
                found.append(f"<{above[0].name}> {text}")
    return found


@pytest.mark.parametrize("address", PAGES)
def test_what_runs_from_right_to_left_turns_nothing_beside_it(client, rose, address):
    answer = client.get(address.format(circle=rose.circles.get().pk))
    page = parse_html(answer.content.decode())
    assert any(ARABIC.search(text) for text, _ in texts(page))
    assert turned(page) == []
    attributes = {name for each in elements(page) for name, value in each.attributes if ARABIC.search(value or "")}
    assert attributes <= {"value"}, "an attribute cannot hold anything apart"


def test_the_title_holds_a_name_apart_from_the_handle(client, rose):
    circle = rose.circles.get().pk
    titles = {"/@rose/": "\u2068وردة\u2069 (@rose) ·", f"/circles/{circle}/": "\u2068أسرة\u2069 ·"}
    for address, title in titles.items():
        assert f"<title>{title}" in html.unescape(client.get(address).content.decode())


def test_marks_that_turn_what_follows_are_in_no_name_of_a_circle(client, rose):
    answer = client.post("/circles/", {"name": "Family \u202e"})
    assert "cannot be shown" in answer.content.decode()
    assert rose.circles.count() == 1


def test_staff_see_none_of_it(client, rose):
    warden = factories.make_member("warden", is_staff=True, is_superuser=True)
    factories.sign_in(client, warden)
    for address in ("/admin/", "/admin/accounts/member/", f"/admin/accounts/member/{rose.pk}/change/"):
        page = client.get(address)
        assert page.status_code == 200, address
        assert not ARABIC.search(page.content.decode()), address
    assert Profile.objects.get(pk=rose.pk).city == WORDS["city"]
