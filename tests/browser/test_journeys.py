"""What people come to do, from the first form to the last page, with JavaScript switched off."""

import re

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from tests.factories import PASSWORD, VALUES

from .conftest import Opens, Town

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PHONE = VALUES["phone"]
WITHOUT_SCRIPT = {"java_script_enabled": False}


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def link_in_the_last_mail() -> str:
    """Return the path of the first link in the mail that came last."""
    found = re.search(r"https?://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def fill_in_the_form_of_joining(page: Page) -> None:
    page.goto("/join/")
    page.get_by_label("Handle").fill("sorrel")
    page.get_by_label("E-mail").first.fill("sorrel@example.org")
    page.get_by_label("Password").fill("three words you like")
    for label, value in (("Day", "7"), ("Month", "5"), ("Year", "1988")):
        page.get_by_label(label, exact=True).fill(value)


def text_of(page: Page, address: str) -> str:
    page.goto(address)
    return page.locator("body").inner_text()


def ask_to_be_friends(page: Page, handle: str) -> None:
    page.goto(f"/@{handle}/")
    press(page, "Ask to be friends")


@pytest.mark.promise("E1")
@pytest.mark.promise("E4")
def test_from_joining_to_a_phone_that_only_one_circle_sees(town: Town, visit: Opens):
    page = visit(**WITHOUT_SCRIPT).page
    fill_in_the_form_of_joining(page)
    page.get_by_label("I have read version 1 and agree to it").check()
    press(page, "Join Hedgerow")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")

    page.goto(link_in_the_last_mail())
    page.get_by_label("Password").fill("three words you like")
    press(page, "Confirm and sign in as @sorrel")
    expect(page).to_have_url(re.compile("/settings/check-up/$"))
    while page.get_by_role("button", name="This is right, go on").count():
        press(page, "This is right, go on")
    expect(page.get_by_role("heading", name="All looked over")).to_be_visible()

    page.goto("/settings/profile/")
    page.get_by_label("Display name").fill("Sorrel")
    press(page, "Save my profile")
    page.goto("/settings/phone/")
    page.get_by_label("Phone").fill(PHONE)
    press(page, "Save my number")
    page.goto("/circles/")
    page.get_by_label("Name").fill("Choir")
    press(page, "Make this circle")
    page.goto("/circles/")
    page.get_by_role("link", name="Choir").click()
    page.get_by_label("Who joins it").fill("ivy")
    press(page, "Put them in")

    page.goto("/settings/privacy/")
    page.get_by_role("link", name=re.compile("^Phone")).click()
    page.get_by_label("Chosen circles").check()
    page.get_by_label("Choir").check()
    press(page, "Save who sees it")
    expect(page.get_by_role("status")).to_contain_text("Saved. Who sees Phone: 1 circle.")

    page.goto("/@sorrel/")
    page.get_by_role("link", name="Everyone", exact=True).first.click()
    expect(page.get_by_text("You look through other eyes")).to_be_visible()
    assert "7700" not in page.locator("main").inner_text()
    page.get_by_role("link", name="Choir", exact=True).click()
    assert "7700" in page.locator("main").inner_text()

    ivy, moss, visitor = (visit(person, **WITHOUT_SCRIPT).page for person in (town.ivy, town.moss, None))
    assert "7700" in text_of(ivy, "/@sorrel/")
    for other in (moss, visitor):
        text = text_of(other, "/@sorrel/")
        assert "Sorrel" in text
        assert "7700" not in text
        assert "Phone" not in text


@pytest.mark.promise("E1")
def test_everybody_sees_exactly_what_they_should(town: Town, visit: Opens):
    city, employer, birthday, phone = "Alderford\n", "Alderford Library", "1 April", "7700"
    hers = {"United Kingdom", city, employer, birthday, phone, "Mill Lane School", "3 Mill Lane", "rose@example.org"}
    seen_by = {
        None: {"United Kingdom"},
        town.moss: {"United Kingdom", city},
        town.fern: {"United Kingdom", city, employer, birthday},
        town.ivy: {"United Kingdom", city, birthday, phone},
        town.rose: hers,
    }
    for person, expected in seen_by.items():
        text = text_of(visit(person, **WITHOUT_SCRIPT).page, "/@rose/")
        assert {value for value in hers if value in text} == expected, person
    nettle, absent = (
        visit(town.nettle, **WITHOUT_SCRIPT).page.goto(address) for address in ("/@rose/", "/@nobody_here/")
    )
    assert nettle
    assert absent
    assert nettle.status == absent.status == 404
    assert without_tokens(nettle.text()) == without_tokens(absent.text())


def without_tokens(page: str) -> str:
    return re.sub(r'(name="csrfmiddlewaretoken" value=)"[^"]*"', r"\1", page)


def test_the_picker_by_keyboard_alone(town: Town, visit: Opens):
    page = visit(town.rose, reduced_motion="reduce").page
    page.goto("/settings/privacy/phone/")
    tab_to(page, "[name=audience]:checked")
    page.keyboard.press("ArrowDown")  # from chosen circles to only me
    assert page.locator("[name=audience]:checked").get_attribute("value") == "only_me"
    page.keyboard.press("ArrowUp")
    tab_to(page, "[name=circles]")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowUp")  # friends
    tab_to(page, "summary:has-text('Except')")
    page.keyboard.press("Enter")
    tab_to(page, "[name=exceptions]")
    page.keyboard.type("fern")
    tab_to(page, "button:has-text('Save who sees it')")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=re.compile("^Phone"))).to_contain_text("Friends, except @fern")
    fern, ivy = visit(town.fern).page, visit(town.ivy).page
    assert "7700" not in text_of(fern, "/@rose/")
    assert "7700" in text_of(ivy, "/@rose/")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until ``selector`` has the focus, which has to be seen at every stop on the way."""
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_IS_SEEN), page.evaluate("document.activeElement.outerHTML")
        if page.locator(selector).first.evaluate("each => each === document.activeElement"):
            return
    pytest.fail(f"Tab never came to {selector}")


# The ring is on what has the focus or, in the picker, on the option around it; and nothing fixed lies over it.
FOCUS_IS_SEEN = """(() => {
    const focused = document.activeElement
    const ringed = [focused, focused.closest('.picker-option')].filter(Boolean)
    const box = focused.getBoundingClientRect()
    return ringed.some(each => parseFloat(getComputedStyle(each).outlineWidth) >= 2
            && getComputedStyle(each).outlineStyle !== 'none')
        && box.top >= 0 && box.bottom <= innerHeight
})()"""


def test_asking_and_accepting(town: Town, visit: Opens):
    moss, fern = visit(town.moss, **WITHOUT_SCRIPT).page, visit(town.fern, **WITHOUT_SCRIPT).page
    ask_to_be_friends(moss, "fern")
    expect(moss.get_by_role("button", name="Withdraw my request")).to_be_visible()
    fern.goto("/")
    fern.get_by_role("link", name="See who").click()
    press(fern, "Accept @moss")
    moss.goto("/friends/")
    expect(moss.get_by_role("region", name="Your friends").get_by_role("link", name="Fern", exact=True)).to_be_visible()


def test_blocking_makes_both_invisible(town: Town, visit: Opens):
    fern, moss = visit(town.fern, **WITHOUT_SCRIPT).page, visit(town.moss, **WITHOUT_SCRIPT).page
    fern.goto("/@moss/")
    fern.get_by_text("More", exact=True).click()
    fern.get_by_role("link", name="Block").click()
    press(fern, "Block @moss")
    expect(fern.get_by_role("region", name="Blocked").get_by_role("button", name="@moss")).to_be_visible()
    for page, address in ((fern, "/@moss/"), (moss, "/@fern/")):
        answer = page.goto(address)
        assert answer
        assert answer.status == 404
    assert "Fern" not in text_of(moss, "/people/")


def test_signing_in_where_one_wanted_to_go_and_out(town: Town, visit: Opens):
    page = visit(**WITHOUT_SCRIPT).page
    page.goto("/settings/privacy/")
    sign_in(page, "rose@example.org", PASSWORD)
    expect(page).to_have_url(re.compile("/settings/privacy/$"))
    page.get_by_label("Your account").click()
    press(page, "Sign out")
    expect(page.get_by_role("heading", level=1)).to_have_text("A hedge around every field.")
    page.goto("/settings/privacy/")
    expect(page).to_have_url(re.compile("/sign-in/"))


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()


def test_a_forgotten_password(town: Town, visit: Opens):
    page = visit(**WITHOUT_SCRIPT).page
    page.goto("/sign-in/")
    page.get_by_role("link", name="I have forgotten my password").click()
    page.get_by_label("E-mail").fill("rose@example.org")
    press(page, "Send the link")
    page.goto(link_in_the_last_mail())
    page.get_by_label("New password").fill("gate and gander 27")
    press(page, "Set the password")
    sign_in(page, "rose@example.org", "gate and gander 27")
    expect(page.get_by_role("heading", level=1)).to_contain_text("@rose")


def test_an_error_keeps_what_was_typed(town: Town, visit: Opens):
    page = visit(**WITHOUT_SCRIPT).page
    fill_in_the_form_of_joining(page)
    page.get_by_label("Handle").fill("rose")
    page.locator("details:has(select)").nth(1).locator("summary").click()
    page.locator("select[name=audience-city]").select_option("only_me")
    press(page, "Join Hedgerow")
    alert = page.get_by_role("alert")
    expect(alert.get_by_role("link", name="Handle")).to_be_visible()
    expect(page.get_by_label("Handle")).to_have_value("rose")
    expect(page.get_by_label("E-mail").first).to_have_value("sorrel@example.org")
    expect(page.get_by_label("Year", exact=True)).to_have_value("1988")
    assert page.locator("select[name=audience-city]").input_value() == "only_me"
    expect(page.get_by_label("Password")).to_have_value("")
    alert.get_by_role("link", name="Handle").click()
    expect(page).to_have_url(re.compile("#id_handle$"))
