"""Everything people come to do, by keyboard alone, with and without JavaScript."""

import re
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import expect

from accounts import directory
from accounts.models import Block, Decline, Friendship, Member, Mute, Profile
from catalogue.vocabulary import Audience
from privacy.models import Circle, CircleMember, FieldDefault
from tests.factories import PASSWORD, let_time_pass
from world.faces import draw_face

from .conftest import NARROW, Town
from .keyboard import WITH_AND_WITHOUT_SCRIPT, WITH_SCRIPT, WITHOUT_SCRIPT, client_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PICKER = "/settings/privacy/phone/"


def path_in_the_last_mail() -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


@WITH_AND_WITHOUT_SCRIPT
def test_from_joining_through_the_check_up_to_signing_out(town: Town, hands: Any):
    keys = hands()
    page = keys.page
    keys.open("/")
    keys.follow("Join Hedgerow")
    for label, value in {
        "Handle": "sorrel",
        "E-mail": "sorrel@example.org",
        "Password": "three words you like",
    }.items():
        keys.write(label, value)
    for label, value in {"Day": "7", "Month": "5", "Year": "1988"}.items():
        keys.write(label, value)
    keys.unfold("Members")
    keys.reach(page.get_by_label("City", exact=True))
    page.keyboard.type("Only me")
    keys.tick("I have read version 1 and agree to it")
    keys.press("Join Hedgerow")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")

    keys.open(path_in_the_last_mail())
    keys.write("Password", "three words you like")
    keys.press("Confirm and sign in as @sorrel")
    assert Profile.objects.get(member__handle="sorrel").city_audience == Audience.ONLY_ME
    while page.get_by_role("button", name="This is right, go on").count():
        keys.press("This is right, go on")
    expect(page.get_by_role("heading", name="All looked over")).to_be_visible()
    keys.sign_out()
    expect(page.get_by_role("heading", level=1)).to_have_text("A hedge around every field.")


@WITHOUT_SCRIPT
def test_signing_in_the_profile_and_the_password(town: Town, hands: Any):
    keys = hands(viewport=NARROW)
    page = keys.page
    keys.open("/settings/profile/")
    keys.sign_in("moss@example.org", PASSWORD)
    keys.reach(page.locator("input[type=file]"))
    # The dialogue that Space opens is the browser's own, and does not always come up under a test.
    face = {"name": "me.png", "mimeType": "image/png", "buffer": draw_face("moss", size=64)}
    page.locator("input[type=file]").set_input_files(face)
    keys.write("Bio", "Rings the tenor bell, on Sundays.")
    keys.reach(page.get_by_label("Country"))
    page.keyboard.type("Portugal")
    keys.press("Save my profile")
    profile = Profile.objects.get(pk=town.moss.pk)
    assert (profile.bio, profile.country) == ("Rings the tenor bell, on Sundays.", "PT")
    keys.press("Remove the picture")
    expect(page.get_by_role("status")).to_contain_text("The picture is gone")

    let_time_pass(client_of(page))
    keys.open("/settings/security/")
    keys.follow("Change the password")
    keys.write("Password", PASSWORD)
    keys.press("It is me, go on")
    keys.write("New password", "gate and gander 27")
    keys.press("Change the password")
    keys.sign_out()

    keys.open("/sign-in/")
    keys.follow("I have forgotten my password")
    keys.write("E-mail", "moss@example.org")
    keys.press("Send the link")
    keys.open(path_in_the_last_mail())
    keys.write("New password", "barley under the bells")
    keys.press("Set the password")
    keys.sign_in("moss@example.org", "barley under the bells")
    expect(page.get_by_role("heading", level=1)).to_contain_text("@moss")


@WITHOUT_SCRIPT
def test_who_sees_what_and_what_others_see(town: Town, hands: Any):
    keys = hands(town.rose)
    page = keys.page
    keys.open("/settings/privacy/")
    keys.reach(page.get_by_role("link", name=re.compile("^City")))
    keys.enter()
    keys.choose("circles", upwards=False)
    keys.tick("Family")
    keys.unfold("Except some people")
    keys.write("Except these people", "fern")
    keys.press("Save who sees it")
    expect(page.get_by_role("link", name=re.compile("^City"))).to_contain_text("Family, except @fern")

    keys.reach(page.get_by_role("link", name=re.compile("^Phone")), "Shift+Tab")
    keys.enter()
    keys.choose("everyone", upwards=True)
    keys.press("Save who sees it")
    keys.press("Keep it with Family")
    assert Profile.objects.get(pk=town.rose.pk).phone_audience == Audience.CIRCLES
    keys.reach(page.get_by_role("link", name=re.compile("^Phone")))
    keys.enter()
    keys.choose("everyone", upwards=True)
    keys.press("Save who sees it")
    keys.tick("Make it public, I know it can be copied")
    keys.press("Make it public")
    assert Profile.objects.get(pk=town.rose.pk).phone_audience == Audience.EVERYONE

    keys.open("/@rose/")
    for who, sees in {"Everyone": False, "A member": False, "A friend": False, "Family": True}.items():
        keys.follow(who)
        assert ("Alderford\n" in page.locator("main").inner_text()) is sees, who
        assert "7700" in page.locator("main").inner_text()
    keys.write("A person", "@ivy")
    page.keyboard.press("Tab")
    keys.enter()
    assert "Alderford\n" in page.locator("main").inner_text()
    keys.follow("Yourself")
    expect(page.get_by_text("You see your own profile")).to_be_visible()


@WITHOUT_SCRIPT
def test_finding_people_and_being_friends(town: Town, hands: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(directory, "PAGE", 3)
    keys = hands(town.rose, viewport=NARROW)
    page = keys.page
    keys.open("/people/")
    keys.follow("More")
    expect(page.get_by_role("link", name="Moss", exact=True)).to_be_visible()
    keys.write("Name, handle", "moss")
    keys.press("Search")
    keys.follow("Moss")
    keys.press("Decline")
    assert Decline.objects.filter(decliner=town.rose, asker=town.moss).exists()
    keys.press("Ask to be friends")
    assert are_friends(town.rose, town.moss), "they had asked"
    keys.unfold("More")
    keys.follow("End the friendship")
    keys.press("End the friendship")
    assert not are_friends(town.rose, town.moss)

    keys.open("/@moss/")
    keys.press("Ask to be friends")
    keys.press("Withdraw my request")
    keys.press("Ask to be friends")
    moss = hands(town.moss)
    moss.open("/friends/")
    moss.press("Accept @rose")
    assert are_friends(town.rose, town.moss)


@WITHOUT_SCRIPT
def test_circles_blocks_and_mutes(town: Town, hands: Any):
    keys = hands(town.rose)
    keys.open("/circles/")
    keys.write("Name of the circle", "Choir")
    keys.press("Make this circle")
    keys.write("Who joins it", "@fern")
    keys.press("Put them in")
    choir = Circle.objects.get(owner=town.rose, pk__in=CircleMember.objects.filter(person=town.fern).values("circle"))
    keys.press("Take out @fern")
    keys.press("Put them back")
    assert choir.memberships.count() == 1
    keys.write("Name of the circle", "Bell ringers")
    keys.press("Rename")
    keys.press("Delete the circle Bell ringers")
    assert not Circle.objects.filter(pk=choir.pk).exists()

    keys.open("/@moss/")
    keys.unfold("More")
    keys.press("Mute")
    keys.unfold("More")
    keys.press("Unmute")
    assert not Mute.objects.exists()
    keys.unfold("More")
    keys.press("Mute")
    keys.unfold("More")
    keys.follow("Block")
    keys.press("Block @moss")
    keys.press("Lift the block on @moss")
    keys.press("Unmute @moss")
    assert not Block.objects.filter(blocker=town.rose, blocked=town.moss).exists()
    assert not Mute.objects.exists()


@WITH_AND_WITHOUT_SCRIPT
def test_what_staff_do(town: Town, hands: Any):
    keys = hands(town.warden)
    page = keys.page
    keys.open("/admin/privacy/fielddefault/")
    keys.reach(page.get_by_label("City", exact=True))
    page.keyboard.type("Only me")
    keys.press("Save")
    assert FieldDefault.objects.get(field="city").audience == Audience.ONLY_ME
    keys.open("/admin/accounts/member/")
    keys.reach(page.locator("#searchbar"))
    page.keyboard.type("moss")
    keys.enter()
    keys.follow("moss")
    keys.tick("Active")
    keys.press("Save")
    assert not Member.objects.get(pk=town.moss.pk).is_active


def are_friends(one: Member, other: Member) -> bool:
    return Friendship.objects.filter(person=one, friend=other).exists()


@WITH_SCRIPT
def test_tab_goes_through_every_page_and_out_again_and_back(town: Town, hands: Any):
    """Each stop is met once, in the order of the page, and none holds the focus."""
    circle = f"/circles/{town.family.pk}/"
    for person, addresses in {
        None: ["/", "/join/", "/people/"],
        town.rose: [
            "/@rose/",
            "/@fern/",
            "/friends/",
            circle,
            "/blocks/add/moss/",
            "/settings/profile/",
            "/settings/security/",
            PICKER,
        ],
        town.warden: [f"/admin/accounts/member/{town.rose.pk}/change/"],
    }.items():
        keys = hands(person)
        for address in addresses:
            keys.assert_no_trap(address)
