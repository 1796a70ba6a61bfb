"""Every page, in light and dark, on a telephone and on a wide screen: nothing that axe objects to.

Nor an error in the console, something the content security policy refused, a request to another host, or a page that
has to be pushed sideways.
"""

import re
from collections.abc import Iterator
from importlib.resources import files
from itertools import product
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Page

from accounts.invitations import invite
from accounts.models import Member, StaffInvitation
from accounts.roles import assign_roles
from security import disowning, events, recovering, tokens
from security.models import Event, Kind, Session
from security.observing import Observation
from security.sessions import SessionStore
from security.signing_in import FRESH
from tests import factories
from tests.security import walking

from .conftest import NARROW, WIDE, Opens, Town, Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN_AXE = (
    "options => axe.run({preload: false, resultTypes: ['violations'], ...options}).then(found => found.violations)"
)
# In the dark only colours are others, so only what is said of colours is asked again.
ABOUT_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
UNFOLD = "document.querySelectorAll('details:not(.menu)').forEach(each => { each.open = true })"
SETTLE = "Promise.allSettled(document.getAnimations().map(each => each.finished)).then(() => true)"
LOOKS = list(product(("light", "dark"), (NARROW, WIDE)))

SEEN = Observation("Samsung Internet on Android", "2001:db8:7777::/48")

FOR_VISITORS = [
    "/",
    "/join/",
    "/join/sent/",
    "/join/confirm/no-such-token/",
    "/sign-in/",
    "/password/reset/",
    "/password/reset/sent/",
    "/password/reset/no-such-token/",
    "/security/not-me/no-such-token/",
    "/email/confirm/no-such-token/",
    "/email/stop/no-such-token/",
    "/email/stopped/",
    "/cancelled/",
    "/erasure/verify/",
    "/unsubscribe/no-such-token/",
    "/people/",
    "/people/?q=fern",
    "/people/?q=nobody-of-that-name",
    "/@rose/",
    "/@bud/",
    "/@yasmin/",
    "/@bramble/",
    "/report/child/@rose/",
    "/report/child/sent/",
    "/policy/",
    "/policy/versions/",
    "/policy/versions/1/",
    "/policy/changes/1/",
    "/policy/data/",
    "/policy/kept/",
    "/dev/mail/",
    "/nothing/here/",
    "/people/?q=%00",
]
FOR_MEMBERS = [
    "/",
    "/sign-out/",
    "/password/change/",
    "/people/",
    "/@rose/",
    "/@rose/?as=everyone",
    "/@rose/?as=friend",
    "/@rose/?as=@fern",
    "/@rose/?as=@nettle",
    "/@rose/sees/employer/",
    "/@rose/sees/postal_address/",
    "/@rose/sees/school/",
    "/@fern/",
    "/@moss/",
    "/@bramble/",
    "/friends/",
    "/friends/end/bramble/",
    "/circles/",
    "/blocks/",
    "/blocks/add/moss/",
    "/blocks/add/bramble/",
    "/settings/profile/",
    "/settings/security/",
    "/settings/security/sessions/",
    "/settings/security/events/",
    "/settings/security/gave-away/",
    "/settings/privacy/",
    "/settings/email/",
    "/settings/cancel/",
    "/settings/information/",
    "/settings/information/security.event/",
    "/settings/information/changes/",
    "/settings/information/download/",
    "/policy/agreed/",
    "/settings/phone/",
    "/settings/birth-date/",
    "/settings/privacy/phone/",
    "/settings/privacy/school/",
    "/settings/check-up/",
    "/settings/notices/",
    "/inbox/",
    "/policy/",
    "/nothing/here/",
    "/admin/",
]
FOR_JUVENILES = ["/", "/@bud/", "/friends/", "/circles/", "/blocks/", "/settings/privacy/", "/settings/privacy/phone/"]


def look_at(visit: Visit) -> Iterator[str]:
    """Yield what is wrong with the page that is open, in every look."""
    page, where = visit.page, re.sub(r"^https?://[^/]+", "", visit.page.url)
    page.evaluate(AXE)
    for scheme, size in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.evaluate(SETTLE)
        look = f"{where} ({scheme}, {size['width']})"
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            yield f"{look}: is wider than the screen"
        yield from (f"{look}: {found}" for found in violations(page, {} if scheme == "light" else ABOUT_COLOURS))
    yield from visit.trouble
    visit.trouble.clear()


def violations(page: Page, options: dict[str, list[str]]) -> Iterator[str]:
    for rule in page.evaluate(RUN_AXE, options):
        places = "; ".join(f"{' '.join(node['html'][:120].split())}" for node in rule["nodes"][:3])
        yield f"{rule['id']}: {rule['help']}: {places}"


def assert_sound(visit: Visit, addresses: list[str]) -> None:
    wrong = []
    for address in addresses:
        visit.page.goto(address)
        visit.page.evaluate(UNFOLD)
        wrong += look_at(visit)
    assert not wrong, "\n".join(wrong)


def test_the_pages_of_visitors(town: Town, visit: Opens):
    newcomer = factories.make_member("sprout", email_verified_at=None)
    confirm = reverse("accounts:confirm-email", args=[tokens.issue(newcomer, tokens.VERIFY_EMAIL)])
    reset = reverse("accounts:password-reset-confirm", args=[tokens.issue(town.moss, tokens.RESET_PASSWORD)])
    happened = [events.happened(each, Kind.NEW_BROWSER, seen=SEEN) for each in (town.moss, newcomer)]
    link, pressed = (tokens.issue(each.member, tokens.NOT_ME, event=each) for each in happened)
    disowning.disown(happened[1])
    not_me = [reverse("security:not-me", args=[link]), reverse("accounts:not-me-password", args=[pressed])]
    changing, stopping = factories.begin_email_change(town.moss, "moss@new.example")
    change, stop = reverse("accounts:email-confirm", args=[changing]), reverse("accounts:email-stop", args=[stopping])
    assert_sound(visit(), [*FOR_VISITORS, confirm, reset, change, stop, *not_me])


def test_the_pages_of_a_member(town: Town, visit: Opens):
    circles = [circle.pk for circle in town.rose.circles.all()]
    own = [f"/circles/{circle}/" for circle in circles] + [f"/@rose/?as=circle:{circle}" for circle in circles]
    noticed = [events.happened(town.rose, kind, seen=SEEN) for kind in (Kind.SIGNED_IN, Kind.FACTOR_ADDED)]
    own += [reverse("security:not-me-here", args=[noticed[0].pk])]
    assert_sound(visit(town.rose), [*FOR_MEMBERS, *own])


def test_the_pages_of_what_keeps_an_account_safe(town: Town, visit: Opens):
    """In a browser that is known, with others that are signed in, and alerts that it may answer."""
    here = visit()
    here.page.goto("/sign-in/?next=/settings/security/gave-away/")
    here.page.get_by_label("E-mail").fill(town.rose.email)
    here.page.get_by_label("Password").fill(factories.PASSWORD)
    here.page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    for _time in range(2):
        walking.sign_in(town.rose, agent=walking.SAFARI, network=walking.ELSEWHERE)
    here.page.get_by_role("button", name="Somebody knows my password: begin").click()
    steps = [f"/settings/security/gave-away/?step={each}" for each in recovering.TITLES]
    assert_sound(here, [*steps, "/settings/security/sessions/", "/settings/security/events/"])
    assert here.page.get_by_role("button", name="It was me").count() == 2
    assert_sound(here, ["/@rose/?as=", "/friends/"])
    happened = Event.objects.filter(member=town.rose, kind=Kind.NEW_BROWSER).latest("pk")
    link = reverse("security:not-me", args=[tokens.issue(town.rose, tokens.NOT_ME, event=happened)])
    visitor = visit()
    assert_sound(visitor, [link])
    visitor.page.get_by_role("button", name="Sign everybody out").click()
    visitor.page.get_by_role("button", name="Set the password").click()
    visitor.page.get_by_role("alert").wait_for()
    wrong = list(look_at(visitor))
    assert not wrong, "\n".join(wrong)


def test_the_page_that_asks_who_one_is(town: Town, visit: Opens):
    rose = visit(town.rose)
    Session.objects.all().update(session_data=SessionStore().encode(stale(town.rose)))
    rose.page.goto("/password/change/")
    assert rose.page.get_by_role("heading", name="Is it you?").is_visible()
    wrong = list(look_at(rose))
    rose.page.get_by_label("Password").fill("something else")
    rose.page.get_by_role("button", name="It is me, go on").click()
    wrong += look_at(rose)
    assert not wrong, "\n".join(wrong)


def stale(person: Member) -> dict[str, Any]:
    """Return the session of somebody who has signed in a while ago."""
    [row] = Session.objects.filter(member=person)
    return {name: value for name, value in SessionStore().decode(row.session_data).items() if name != FRESH}


def test_the_pages_of_a_juvenile(town: Town, visit: Opens):
    assert_sound(visit(town.bud), FOR_JUVENILES)


def test_the_pages_of_second_steps(town: Town, visit: Opens):
    app = factories.add_app(town.moss, "Telephone in my pocket")
    factories.make_codes(town.moss)
    own = ("app", "passkey", "codes", f"steps/app/{app.pk}")
    moss = visit(town.moss, verified=True)
    assert_sound(moss, ["/settings/security/", *(f"/settings/security/{each}/" for each in own)])
    moss.page.goto("/settings/security/codes/")
    moss.page.get_by_role("button", name="Make new codes").click()
    wrong = [*look_at(moss)]
    half = visit()
    half.page.goto("/sign-in/")
    half.page.get_by_label("E-mail").fill("moss@example.org")
    half.page.get_by_label("Password").fill(factories.PASSWORD)
    half.page.get_by_role("button", name="Sign in", exact=True).click()
    for address in ("with nothing typed", "with a wrong code"):
        assert half.page.get_by_role("heading", name="Second step").count() == 1, address
        half.page.evaluate(UNFOLD)
        wrong += look_at(half)
        half.page.get_by_label("Six digits").fill("000000")
        half.page.get_by_role("button", name="Go on").click()
    assert not wrong, "\n".join(wrong)


def test_the_first_page_of_staff_without_a_second_step(town: Town, visit: Opens):
    assert_sound(visit(town.warden, verified=False), ["/admin/"])


def test_the_pages_of_staff(town: Town, visit: Opens):
    assert_sound(visit(town.warden), staff_pages(town))


def test_the_pages_of_invitations_and_roles(town: Town, visit: Opens, mailoutbox: list[Any]):
    beadle = factories.make_member("beadle")
    assign_roles(beadle, ["support", "legal"])
    invite("wren@example.org", "wren", ["support"], by=town.warden)
    link = re.search(r"/staff/invitation/[^/\s]+/", mailoutbox[0].body)
    assert link
    assert_sound(visit(), [link[0], "/staff/invitation/no-such-token/"])
    asked, roles = StaffInvitation.objects.get(), reverse("admin:accounts_member_roles", args=[beadle.pk])
    of_invitation = [reverse(f"admin:accounts_staffinvitation_{way}", args=[asked.pk]) for way in ("change", "delete")]
    member = reverse("admin:accounts_member_change", args=[beadle.pk])
    warden = visit(town.warden)
    assert_sound(warden, [reverse("admin:accounts_staffinvitation_add"), *of_invitation, member, roles])
    warden.page.goto(member)
    warden.page.locator("#content-main").get_by_role("link", name="Roles", exact=True).click()
    warden.page.get_by_label("Legal").uncheck()
    warden.page.get_by_role("button", name="Save the roles").click()
    warden.page.get_by_text("Saved.").wait_for()
    assert list(beadle.groups.values_list("name", flat=True)) == ["support"]
    warden.page.goto(reverse("admin:accounts_staffinvitation_add"))
    warden.page.get_by_role("button", name="Send the invitation").click()
    wrong = list(look_at(warden))
    assert not wrong, "\n".join(wrong)


def staff_pages(town: Town) -> list[str]:
    """Return the index, every list of the back office, and the page of a member."""
    lists = [
        reverse(f"admin:{pattern.name}")
        for entry in get_resolver("config.urls").url_patterns
        if isinstance(entry, URLResolver) and entry.app_name == "admin"
        for part in entry.url_patterns
        for pattern in ([part] if isinstance(part, URLPattern) else part.url_patterns)
        if (pattern.name or "").endswith("_changelist")
    ]
    return ["/admin/", *lists, reverse("admin:accounts_member_change", args=[town.rose.pk])]


def test_what_a_form_says_when_something_is_missing(town: Town, visit: Opens):
    visitor, rose = visit(), visit(town.rose)
    wrong = []
    for each, address in [
        (visitor, "/join/"),
        (visitor, "/sign-in/"),
        (visitor, "/password/reset/"),
        (rose, "/password/change/"),
        (rose, "/circles/"),
        (rose, "/settings/email/"),
    ]:
        each.page.goto(address)
        form = each.page.locator("main form[method=post]").first
        form.evaluate("each => { each.noValidate = true }")
        form.locator("button[type=submit]").click()
        assert each.page.locator("main [role=alert]:visible").count() == 1, address
        wrong += look_at(each)
    rose.page.goto("/settings/privacy/phone/")
    rose.page.get_by_label("Everyone").check()
    rose.page.get_by_role("button", name="Save who sees it").click()
    assert rose.page.get_by_role("button", name="Make it public").is_visible()
    wrong += look_at(rose)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["500.html", "csrf.html", "400.html"])
def test_the_pages_of_errors(visit: Opens, name: str):
    """These are shown without a request, so a browser gets what the handlers would render."""
    body = render_to_string(f"errors/{name}")
    visitor = visit()
    visitor.page.route("**/broken", lambda route: route.fulfill(body=body, content_type="text/html"))
    assert_sound(visitor, ["/broken"])
