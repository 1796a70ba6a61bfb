"""A small town to walk through, and browsers to walk with: a context of its own for each person."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from accounts.models import FriendRequest, Member
from accounts.pictures import set_picture
from accounts.roles import SUPERUSER, assign_roles
from catalogue.vocabulary import Audience
from privacy.models import Circle
from tests import factories
from world.faces import draw_face

from .keyboard import Keyboard

NARROW, WIDE = {"width": 360, "height": 780}, {"width": 1280, "height": 900}
ROSES_AUDIENCES = {
    "display_name": Audience.EVERYONE,
    "bio": Audience.EVERYONE,
    "picture": Audience.EVERYONE,
    "country": Audience.EVERYONE,
    "pronouns": Audience.MEMBERS,
    "website": Audience.MEMBERS,
    "city": Audience.MEMBERS,
    "interests": Audience.MEMBERS,
    "employer": Audience.FRIENDS,
    "birthday": Audience.FRIENDS,
    "birth_date": Audience.ONLY_ME,
    "email": Audience.ONLY_ME,
    "postal_address": Audience.ONLY_ME,
}
OPEN = {"display_name": Audience.EVERYONE, "bio": Audience.EVERYONE, "website": Audience.MEMBERS}
# What breaks pages: words without an end, text without an end, and text that runs the other way.
ENDLESS = {
    "display_name": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "bio": "Ohne Punkt und Komma " * 90 + "w" * 100,
    "website": "https://example.org/" + "ein-sehr-langer-pfad/" * 12,
}
RIGHT_TO_LEFT = {"display_name": "ياسمين الحديقة", "bio": "عندي زهور كثيرة، وأحب أن أشاركها مع الجيران."}

Opens = Callable[..., "Visit"]


@dataclass(frozen=True)
class Town:
    """Rose with a value in every field, and what the others are to her."""

    rose: Member
    fern: Member
    ivy: Member
    moss: Member
    nettle: Member
    bud: Member
    warden: Member
    family: Circle


@dataclass(frozen=True)
class Visit:
    """A page in a browser of somebody's own, and what went wrong in it so far."""

    page: Page
    trouble: list[str]

    @property
    def context(self) -> BrowserContext:
        return self.page.context


@pytest.fixture
def town(transactional_db: None) -> Town:
    """Build the town: rose has friends (fern, ivy, bramble), a family (ivy), a request (moss) and a block (nettle)."""
    rose = factories.make_member("rose", audiences=ROSES_AUDIENCES, **factories.VALUES)
    fern = factories.make_member("fern", audiences=OPEN, display_name="Fern", bio="Keeps bees by the weir.")
    ivy = factories.make_member("ivy", audiences=OPEN, display_name="Ivy")
    moss = factories.make_member("moss", audiences=OPEN, display_name="Moss", bio="Rings the tenor bell.")
    nettle = factories.make_member("nettle", audiences=OPEN, display_name="Nettle")
    bud = factories.make_member("bud", display_name="Bud", birth_date=fifteen_years_ago(), listed=False)
    warden = factories.make_member("warden", display_name="Warden")
    assign_roles(warden, [SUPERUSER])
    bramble = factories.make_member("bramble", audiences=OPEN, **ENDLESS)
    factories.make_member("yasmin", audiences=OPEN, **RIGHT_TO_LEFT)
    factories.befriend(rose, fern)
    factories.befriend(rose, ivy)
    factories.befriend(rose, bramble)
    factories.block(rose, nettle)
    FriendRequest.objects.create(sender=moss, recipient=rose)
    family = factories.make_circle(rose, "Family", ivy)
    factories.show_to_circles(rose, "phone", family)
    factories.show_to_circles(rose, "school", factories.make_circle(rose, ENDLESS["display_name"], bramble))
    factories.except_from(rose, "employer", ivy)
    set_picture(rose, SimpleUploadedFile("rose.png", draw_face("rose", size=256), "image/png"))
    return Town(rose, fern, ivy, moss, nettle, bud, warden, family)


def fifteen_years_ago() -> Any:
    return timezone.localdate() - timedelta(days=15 * 365 + 30)


@pytest.fixture
def visit(live_server: Any, new_context: Any) -> Opens:
    """Open a browser on the site, for a visitor or for a ``person`` who is signed in."""

    def open_browser(person: Member | None = None, *, verified: bool | None = None, **options: Any) -> Visit:
        context = new_context(base_url=live_server.url, **({"viewport": WIDE} | options))
        context.set_default_timeout(10_000)
        if person is not None:
            context.add_cookies([session_cookie(person, live_server.url, verified=verified)])
        return watched(context.new_page(), live_server.url)

    return open_browser


def session_cookie(person: Member, url: str, *, verified: bool | None = None) -> dict[str, str]:
    client = factories.sign_in(Client(), person, verified=verified)
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


def watched(page: Page, home: str) -> Visit:
    """Note down errors of the console (refusals by the content security policy among them) and foreign hosts."""
    trouble: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # That a page of an error answers with its status is no trouble; that a part of a page does is.
        is_the_page = message.location.get("url") == page.url and "status of 4" in message.text
        if message.type in ("error", "warning") and not is_the_page:
            trouble.append(f"{page.url}: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((home, "data:")):
            trouble.append(f"{page.url} asks {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: trouble.append(f"{page.url}: {error}"))
    page.on("request", on_request)
    return Visit(page, trouble)


@pytest.fixture
def hands(visit: Opens, script: bool) -> Any:
    """Give somebody a keyboard, in front of a browser of their own."""

    def sit_down(person: Member | None = None, **options: Any) -> Keyboard:
        return Keyboard(visit(person, java_script_enabled=script, reduced_motion="reduce", **options).page)

    return sit_down
