"""The pictures of the README: ``make tour`` starts a site with the demo town, walks through it and looks around."""

import io
import os
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
from typing import NamedTuple
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
    with site() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        for (who, size), pictures in groupby(TOUR, key=lambda picture: (picture.who, picture.size)):
            page = signed_in(browser, home, who, size)
            for picture in pictures:
                weight = take(page, picture)
                print(f"docs/tour/{picture.name}.png  {weight // 1000} kB")
                if weight > MOST_BYTES:
                    return 1
        browser.close()
    return 0


@contextmanager
def site() -> Iterator[str]:
    """Run the whole site with the demo town in a folder that is thrown away; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="hedgerow-tour-") as folder:
        command = [sys.executable, "manage.py", "up", "--port", str(port)]
        process = subprocess.Popen(
            command, cwd=ROOT, env=development(Path(folder)), stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            wait_for(f"{home}/readyz", process)
            yield home
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


def signed_in(browser: Browser, home: str, who: str, size: tuple[int, int]) -> Page:
    """Open a browser; a telephone has twice the dots."""
    page = browser.new_context(
        base_url=home,
        reduced_motion="reduce",
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2 if size == NARROW else 1,
    ).new_page()
    if who:
        page.goto("/sign-in/")
        page.fill("[name=email]", f"{who}@alderford.example")
        page.fill("[name=password]", PASSWORD)
        page.click("main form button[type=submit]")
        page.wait_for_url(lambda url: "/sign-in/" not in url)
    return page


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
