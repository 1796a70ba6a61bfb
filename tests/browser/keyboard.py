"""Hands on a keyboard: Tab until something has the focus, then Enter, Space, arrows or letters. Nothing is clicked."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import ElementHandle, Locator, Page

MOST_STOPS = 90
BEHIND_THE_NAVIGATION = ("main", "content-start")
# What has the focus wears a ring (in the picker: the option around it), lies in view, and nothing lies over it.
LOOK = """target => {
    const focused = document.activeElement
    if (focused === document.body) return {there: false, wrong: '', stop: 'nothing'}
    const rings = [focused, focused.closest('.picker-option')].filter(Boolean).map(each => getComputedStyle(each))
    const ringed = rings.some(style => parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== 'none'
        && !/, 0\\)$|transparent/.test(style.outlineColor))
    const box = focused.getClientRects()[0]
    const seen = box && document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
    const bare = seen && (focused.contains(seen) || seen.contains(focused))
    const wrong = !ringed ? 'no ring around' : !box || box.top < 0 || box.bottom > innerHeight ? 'out of view:'
        : !bare ? 'something lies over' : ''
    const stop = focused.dataset.stop ?? 'something else'
    return {there: focused === target, wrong: wrong && `${wrong} ${focused.outerHTML.slice(0, 160)}`, stop}
}"""
# Whatever Tab should stop at, in the order of the page; a group of radio buttons is one stop.
STOPS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
    .filter(each => each.checkVisibility({visibilityProperty: true}) && !each.disabled && each.type !== 'hidden')
    .filter(each => each.type !== 'radio' || each.checked)
    .map(each => each.dataset.stop ??= String(window.stops = (window.stops ?? 0) + 1))"""
WITH_AND_WITHOUT_SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
# Most pages of members hold no script: one journey in a browser that would run it is enough.
WITHOUT_SCRIPT = pytest.mark.parametrize("script", [False], ids=["without script"])
WITH_SCRIPT = pytest.mark.parametrize("script", [True], ids=["with script"])
LEFT = "nothing"
HAS_FOCUS = "each => each === document.activeElement"


class Keyboard:
    """A page in front of somebody without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, address: str) -> None:
        """Come to a page by its address, and past its navigation."""
        self.page.goto(address)
        self.skip()

    def skip(self) -> None:
        """Take the skip link, which is the first stop of every page.

        A form that was sent after skipping comes back past the navigation: browsers keep the end of the address.
        """
        if urlsplit(self.page.url).fragment in BEHIND_THE_NAVIGATION:
            return
        self.page.keyboard.press("Tab")
        link = self.page.get_by_role("link", name="Skip to", exact=False).first
        assert link.evaluate(HAS_FOCUS), f"{self.page.url}: the first stop is not the skip link"
        self._look()
        self.page.keyboard.press("Enter")
        assert self.page.locator("main").evaluate(HAS_FOCUS), f"{self.page.url}: the skip link leads nowhere"

    def reach(self, target: Locator, key: str = "Tab") -> None:
        """Press Tab until ``target`` has the focus, which has to be seen at every stop on the way."""
        element = target.element_handle()
        for _ in range(MOST_STOPS):
            self.page.keyboard.press(key)
            if self._look(element)["there"]:
                return
        pytest.fail(f"{self.page.url}: {key} never came to {target}")

    def _look(self, target: ElementHandle | None = None) -> dict[str, Any]:
        """Say what has the focus, and whether that is ``target``; fail if it does not show."""
        found: dict[str, Any] = self.page.evaluate(LOOK, target)
        assert not found["wrong"], f"{self.page.url}: {found['wrong']}"
        return found

    def press(self, name: str, role: Any = "button", *, skip: bool = True) -> None:
        """Press a button that leads to another page, and go past the navigation of that."""
        self.reach(self.page.get_by_role(role, name=name, exact=True))
        self.enter(skip=skip)

    def follow(self, name: str, *, skip: bool = True) -> None:
        """Follow a link."""
        self.press(name, "link", skip=skip)

    def enter(self, key: str = "Enter", *, skip: bool = True) -> None:
        """Press Enter (or Space, which presses buttons too) on what has the focus; another page comes of it."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        if skip:
            self.skip()

    def write(self, label: str, text: str) -> None:
        """Type into a field, over what is there."""
        self.reach(self.page.get_by_label(label, exact=False).and_(self.page.locator("input, textarea")).first)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def tick(self, label: str) -> None:
        """Turn a box to tick."""
        self.reach(self.page.get_by_role("checkbox", name=label, exact=True))
        self.page.keyboard.press("Space")

    def unfold(self, summary: str) -> None:
        """Open what is folded away."""
        self.reach(self.page.locator("summary").filter(has_text=summary))
        self.page.keyboard.press("Enter")

    def choose(self, audience: str, *, upwards: bool) -> None:
        """Move the choice of a picker with the arrows; Tab comes to the option that is chosen."""
        self.reach(self.page.locator("[name=audience]:checked"))
        for _ in range(4):
            self.page.keyboard.press("ArrowUp" if upwards else "ArrowDown")
            if self.page.locator("[name=audience]:checked").get_attribute("value") == audience:
                self._look()
                return
        pytest.fail(f"{self.page.url}: the arrows never came to {audience}")

    def sign_out(self) -> None:
        """Open the menu of the account from the top of a page, and sign out."""
        self.page.goto("/friends/")
        self.reach(self.page.get_by_label("Your account"))
        self.page.keyboard.press("Enter")
        self.press("Sign out")

    def sign_in(self, email: str, password: str) -> None:
        """Fill in the form of signing in."""
        self.write("E-mail", email)
        self.write("Password", password)
        self.press("Sign in")

    def expected_stops(self) -> list[str]:
        """Return what Tab should come to, each by a number of its own."""
        found: list[str] = self.page.evaluate(STOPS)
        return found

    def assert_no_trap(self, address: str) -> None:
        """Go through a page, out of it and back: each stop is met once, in the order of the page."""
        self.page.goto(address)
        expected = self.expected_stops()
        assert self.stops(len(expected)) == expected, address
        assert self.stops(1)[0] in (LEFT, expected[0]), f"{address} holds the focus"
        back = self.stops(len(expected) + 1, "Shift+Tab")
        assert back[back.index(expected[-1]) :][: len(expected)] == expected[::-1], address

    def stops(self, number: int, key: str = "Tab") -> list[str]:
        """Press Tab ``number`` times; return what it came to."""
        found: list[str] = []
        for _ in range(number):
            self.page.keyboard.press(key)
            found.append(self._look()["stop"])
        return found


def client_of(page: Page) -> Client:
    """Return a client that carries the session of a browser."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = next(
        cookie["value"] for cookie in page.context.cookies() if cookie["name"] == settings.SESSION_COOKIE_NAME
    )
    return client
