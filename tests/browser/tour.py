"""The pictures of the README: ``make tour`` starts a site with the demo town, walks through it and looks around."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.config.surroundings import ROOT, development
from tests.plugin import CHROMIUM, CHROMIUM_ARGS

PICTURES = ROOT / "docs" / "tour"
PASSWORD = "hedge-and-meadow-26"
STARTS_WITHIN = 180.0
COLOURS = 256
MOST_BYTES = 150_000
WIDE, NARROW = (1280, 860), (360, 760)


class Picture(NamedTuple):
    """What to look at, as whom, and how. ``press`` and ``scroll_to`` are CSS selectors."""

    name: str
    who: str
    address: str
    size: tuple[int, int]
    scheme: str = "light"
    press: str = ""
    scroll_to: str = ""


TOUR = (
    Picture("landing", "", "/", WIDE),
    Picture("policy", "", "/policy/#e", WIDE, "dark"),
    Picture("people", "rose", "/people/", WIDE),
    Picture("profile", "rose", "/@rose/", WIDE),
    Picture("who-sees-what", "rose", "/settings/privacy/", WIDE, "dark"),
    Picture("picker", "rose", "/settings/privacy/phone/", NARROW),
    Picture("warning", "rose", "/settings/privacy/phone/", NARROW, "dark", "[value=everyone]", "form .actions"),
    Picture("view-as", "rose", "/@rose/?as=everyone", NARROW),
    Picture("check-up", "rose", "/settings/check-up/", NARROW, "dark"),
    Picture("back-office", "warden", "/admin/accounts/member/?q=rose", WIDE, press="th a[href*='/change/']"),
)


def main() -> int:
    """Take every picture; say which there are."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with site() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        known: dict[str, Any] = {}
        for (who, size), pictures in groupby(TOUR, key=lambda picture: (picture.who, picture.size)):
            page = open_browser(browser, demo, size, known.get(who))
            if who and who not in known:
                # Once each: a second sign-in would be a new browser, and every picture would tell of it.
                known[who] = sign_in(page, demo, who)
            for picture in pictures:
                weight = take(page, picture)
                print(f"docs/tour/{picture.name}.png  {weight // 1000} kB")
                if weight > MOST_BYTES:
                    return 1
        browser.close()
    return 0


class Demo(NamedTuple):
    """A running site: its address, and the environment of its commands."""

    home: str
    environment: dict[str, str]

    def code_of(self, who: str) -> str:
        """Return the six digits that an authenticator app of ``who`` shows now."""
        command = [sys.executable, "manage.py", "demo_code", who]
        told = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True)
        return re.findall(r"\b[0-9]{6}\b", told.stdout)[0]


@contextmanager
def site() -> Iterator[Demo]:
    """Run the whole site with the demo town in a folder that is thrown away."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="hedgerow-tour-") as folder:
        command, environment = [sys.executable, "manage.py", "up", "--port", str(port)], development(Path(folder))
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            wait_for(f"{home}/readyz", process)
            yield Demo(home, environment)
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.wait(30)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when ``address`` answers."""
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end and process.poll() is None:
        try:
            urlopen(address, timeout=2).close()
        except (URLError, OSError):
            time.sleep(0.3)
        else:
            return
    raise RuntimeError("the site did not start")


def open_browser(browser: Browser, demo: Demo, size: tuple[int, int], state: Any) -> Page:
    """Open a browser, with the cookies of an earlier one if there was one; a telephone has twice the dots."""
    return browser.new_context(
        base_url=demo.home,
        reduced_motion="reduce",
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2 if size == NARROW else 1,
        storage_state=state,
    ).new_page()


def sign_in(page: Page, demo: Demo, who: str) -> Any:
    """Sign in, with the second step where one is due; return the cookies."""
    page.goto("/sign-in/")
    page.fill("[name=email]", f"{who}@alderford.example")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in/"))
    if "/sign-in/verify/" in page.url:
        page.fill("[name=code]", demo.code_of(who))
        page.get_by_role("button", name="Go on", exact=True).first.click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)
    return page.context.storage_state()


def take(page: Page, picture: Picture) -> int:
    """Write one picture with few colours; return how many bytes it has."""
    page.emulate_media(color_scheme="dark" if picture.scheme == "dark" else "light")
    page.goto(picture.address)
    if picture.press:
        page.locator(picture.press).first.click()
        page.wait_for_load_state()
    if picture.scroll_to:
        page.locator(picture.scroll_to).last.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = PICTURES / f"{picture.name}.png"
    seen.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    return path.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
