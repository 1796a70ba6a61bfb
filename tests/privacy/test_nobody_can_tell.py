"""Nobody outside can tell a juvenile from an adult who chose the same settings: not by pages, nor by what pages ask of
the database, nor by a copy of it without the keys.

The same member is looked at twice, with another birth date in between and nothing else.
"""

import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from random import Random
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.cache import cache
from django.db import connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings as examples, strategies as st

from accounts import age_cases, housekeeping, reviewing
from accounts.age_cases import Finding, Teller
from accounts.models import FriendRequest, Member, Profile
from accounts.roles import assign_roles, sync_roles
from catalogue.vocabulary import Audience
from encryption.keys import forget_keys
from notifications.announcements import shown_to
from notifications.campaigns import finish_writing, write
from notifications.channels.kinds import EVERYWHERE
from notifications.delivery import deliver
from notifications.models import Campaign, Preference
from notifications.preferences import choose, wants
from notifications.topics import Topic
from privacy import juveniles, reminding, yearly
from privacy.audiences import publish_name
from privacy.fields import bearers
from tests import factories
from tests.accounts.joining import entries

pytestmark = [
    pytest.mark.django_db(databases=["default", "keystore"]),
    pytest.mark.promise("M1"),
]
# The first policy is in force from the day on which the tables are made.
NOW = (datetime.now(UTC) + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
# Of the same day: who may see a birthday sees the same one.
JUVENILE, ADULT = date(NOW.year - 15, 5, 4), date(1990, 5, 4)
NARROW = (Audience.FRIENDS, Audience.CIRCLES, Audience.ONLY_ME)
OUTSIDERS = ("visitor", "member", "friend", "grouped", "excepted", "blocked", "blocking", "asker", "support", "teller")
GET = [
    "/@bud/",
    "/people/",
    "/people/?q=bud",
    "/people/?q=Alderford",
    "/people/?after=bua",
    "/report/child/@bud/",
    "/friends/",
    "/friends/end/bud/",
    "/blocks/",
    "/blocks/add/bud/",
    "/circles/",
    "/@{me}/?as=@bud",
    "/@{me}/sees/city/",
    "/@bud/?as=friend",
    "/@bud/sees/city/",
    "/inbox/",
    "/admin/accounts/member/",
    "/admin/accounts/member/?q=bud",
    "/admin/accounts/member/{bud}/change/",
    "/admin/accounts/member/{bud}/history/",
    "/admin/accounts/member/{bud}/report/",
    "/admin/privacy/erasurerequest/?q=bud",
    "/admin/notifications/notification/?q=bud",
    "/admin/notifications/preference/",
    "/admin/privacy/agecase/",
]
POST = [
    ("/report/child/@bud/", {"words": "Goes to school."}),
    ("/report/child/@bud/", {"words": ""}),
    ("/friends/ask/bud/", {}),
    ("/friends/withdraw/bud/", {}),
    ("/friends/accept/bud/", {}),
    ("/friends/decline/bud/", {}),
    ("/friends/end/bud/", {}),
    ("/blocks/add/bud/", {}),
    ("/mutes/add/bud/", {}),
    ("/settings/privacy/city/", {"audience": "friends", "exceptions": "@bud"}),
    ("/admin/accounts/member/{bud}/report/", {"words": "Goes to school."}),
    ("/sign-in/", {"email": "bud@example.org", "password": "not the one"}),
    ("/join/", entries(handle="bud", email="else@example.org")),
    ("/join/", entries(handle="another", email="bud@example.org")),
    ("/password/reset/", {"email": "bud@example.org"}),
]


@pytest.fixture
def cast() -> dict[str, Member]:
    with time_machine.travel(NOW, tick=False):
        sync_roles()
        cast = {who: factories.make_member(f"the_{who}") for who in OUTSIDERS if who != "visitor"}
        cast["bud"] = factories.make_member(
            "bud", **{**factories.VALUES, "birth_date": ADULT, "display_name": "Bud", "city": "Alderford"}, listed=False
        )
        factories.befriend(cast["bud"], cast["friend"])
        factories.befriend(cast["bud"], cast["grouped"])
        factories.befriend(cast["bud"], cast["excepted"])
        factories.block(cast["bud"], cast["blocked"])
        factories.block(cast["blocking"], cast["bud"])
        FriendRequest.objects.create(sender=cast["asker"], recipient=cast["bud"])
        factories.make_circle(cast["bud"], "Close", cast["grouped"])
        factories.make_circle(cast["friend"], "Theirs", cast["bud"])
        assign_roles(cast["support"], ["support"])
        assign_roles(cast["teller"], ["auditor", "legal", "campaigns", "partner_manager"])
    return cast


@pytest.fixture
def browsers(cast: dict[str, Member]) -> dict[str, Client]:
    with time_machine.travel(NOW, tick=False):
        signed_in = {who: factories.sign_in(Client(), Member.objects.get(pk=cast[who].pk)) for who in OUTSIDERS[1:]}
    return {"visitor": Client(), **signed_in}


def be_born(member: Member, day: date) -> None:
    """Give a member another birth date, and nothing that comes of it."""
    profile = Profile.objects.get(pk=member.pk)
    profile.birth_date = day
    profile.save(update_fields=["birth_date"])


def choose_narrowly(member: Member, random: Random, circle: Any, excepted: Member) -> None:
    """Choose any settings that a juvenile can have."""
    profile = Profile.objects.get(pk=member.pk)
    for name, bearer in bearers().items():
        # Whoever shows the date itself has told.
        audience = Audience.ONLY_ME if name == "birth_date" else random.choice(NARROW)
        setattr(profile, bearer.audience, audience)
        if audience is Audience.CIRCLES:
            factories.choose_circles(member, name, circle)
        if random.random() < 0.3:
            factories.except_from(member, name, excepted)
    publish_name(profile)
    profile.save()


# --- what an outsider gets ----------------------------------------------------------------------------------------
def plain(text: str) -> str:
    """Return text without what is random in every answer."""
    text = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", text)
    return re.sub(r"nonce-[\w+/=-]+", "nonce", text)


def statements(captured: CaptureQueriesContext) -> list[str]:
    """Return the statements of an answer with random numbers left out."""
    numbers = re.compile(r"\b\d{5,}\b|'[\w:+/=-]{16,}'|X'[0-9A-F]+'|'\\+x[0-9a-f]+'(::bytea)?|s\d+_x\d+")
    return [numbers.sub("?", query["sql"]) for query in captured]


def answer_of(browser: Client, method: str, where: str, typed: dict[str, Any]) -> tuple[Any, ...]:
    """Return all that an outsider gets, and what it took; leave nothing behind."""
    cache.clear()
    forget_keys()
    ContentType.objects.clear_cache()
    shown_to(None)
    cookies = browser.cookies.copy()
    for each in connections.all():
        each.queries_log.clear()
    main, keys = (CaptureQueriesContext(connections[alias]) for alias in ("default", "keystore"))
    with main, keys, transaction.atomic(), transaction.atomic("keystore"):
        answer = getattr(browser, method)(where, typed)
        transaction.set_rollback(True)
        transaction.set_rollback(True, using="keystore")
    browser.cookies = cookies
    headers = {name: plain(value) for name, value in answer.headers.items() if "id" not in name.lower()}
    return answer.status_code, headers, plain(answer.content.decode()), statements(main), statements(keys)


def first_difference(one: tuple[Any, ...], other: tuple[Any, ...]) -> str:
    one_text, other_text = repr(one), repr(other)
    where = next(place for place, pair in enumerate(zip_longest(one_text, other_text)) if len(set(pair)) > 1)
    return f"{one_text[where - 80 : where + 80]} / {other_text[where - 80 : where + 80]}"


def may_ask(who: str, where: str) -> bool:
    """Say whether it is worth asking: doors are for visitors, the back office for staff."""
    if where in ("/sign-in/", "/join/", "/password/reset/"):
        return who == "visitor"
    return "/admin/" not in where or who in ("support", "teller")


def everything(cast: dict[str, Member], browsers: dict[str, Client]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for who, browser in browsers.items():
        me = cast[who].handle if who in cast else "the_friend"
        asked = [("get", where, {}) for where in GET] + [("post", where, typed) for where, typed in POST]
        for method, where, typed in asked:
            if not may_ask(who, where):
                continue
            address = where.replace("{me}", me).replace("{bud}", str(cast["bud"].pk))
            yield f"{who} {method} {where} {sorted(typed)}", answer_of(browser, method, address, typed)


@pytest.mark.promise("E6")
def test_every_answer_to_every_outsider_is_the_same(
    cast: dict[str, Member], browsers: dict[str, Client], settings: Any, monkeypatch: Any
) -> None:
    settings.LIMITS = False
    monkeypatch.setattr(secrets, "token_hex", lambda *_bytes: "0" * 32)

    @examples(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 2**32))
    def law(seed: int) -> None:
        with time_machine.travel(NOW, tick=False), transaction.atomic():
            circle = cast["bud"].circles.get()
            choose_narrowly(cast["bud"], Random(seed), circle, cast["excepted"])
            seen = {}
            for day in (ADULT, JUVENILE):
                be_born(cast["bud"], day)
                seen[day] = dict(everything(cast, browsers))
            pairs = {what: (seen[ADULT][what], seen[JUVENILE][what]) for what in seen[ADULT]}
            different = {what: first_difference(*pair) for what, pair in pairs.items() if pair[0] != pair[1]}
            transaction.set_rollback(True)
        assert different == {}

    law()


def test_the_looking_is_no_sham(cast: dict[str, Member], browsers: dict[str, Client], monkeypatch: Any) -> None:
    """A directory that asked for the age of whom it shows would be found out."""
    with time_machine.travel(NOW, tick=False):
        seen = set()
        for day in (ADULT, JUVENILE):
            be_born(cast["bud"], day)
            profile = Profile.objects.get(pk=cast["bud"].pk)
            profile.city_audience = Audience.FRIENDS if juveniles.is_juvenile(cast["bud"]) else Audience.MEMBERS
            profile.save()
            seen.add(repr(answer_of(browsers["member"], "get", "/@bud/", {})))
    assert len(seen) == 2


# --- what a thief gets --------------------------------------------------------------------------------------------
def shape(column: str, cell: Any) -> Any:
    """Return what a cell says to who has no key: how long it is where it is sealed or random, else what it is."""
    if isinstance(cell, bytes | memoryview):
        return "bytes", len(bytes(cell))
    if isinstance(cell, int) and (column == "id" or column.endswith("_id") or cell > 10**6):
        return "number"  # of a row: sequences go on though everything is taken back
    if isinstance(cell, str):
        known = re.sub(r"\b\d{7,}\b", "number", cell)
        return re.sub(r"[\w$+/=.:-]{20,}", lambda found: f"random {len(found[0])}", known)
    return cell


def dump() -> dict[str, list[str]]:
    """Return what every table of both databases says, row by row, but not in which order random numbers put them."""
    found = {}
    for alias in ("default", "keystore"):
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                if table.startswith(("django_migrations", "sqlite")):
                    continue
                # How long a session is comes from how its random numbers are packed.
                columns = "expire_date, member_id IS NULL" if table == "security_session" else "*"
                cursor.execute(f'SELECT {columns} FROM "{table}"')
                names = [each[0] for each in cursor.description]
                rows = [list(map(shape, names, row)) for row in cursor.fetchall()]
                found[f"{alias} {table}"] = sorted(map(repr, rows))
    return found


def dumped_during(life: Callable[[], Iterator[None]]) -> list[dict[str, list[str]]]:
    """Return the shape of everything at some moments of somebody's life here, and take it all back."""
    mail.outbox.clear()
    cache.clear()
    forget_keys()
    with transaction.atomic(), transaction.atomic("keystore"):
        found = [dump() for _moment in life()]
        transaction.set_rollback(True)
        transaction.set_rollback(True, using="keystore")
    forget_keys()
    return found


def live_here(cast: dict[str, Member], born: date, corrected: date | None) -> Iterator[None]:
    """Join, choose what a juvenile gets, have friends, be reported and looked at, and stay for a year and more."""
    with time_machine.travel(NOW, tick=False) as clock:
        browser = Client()
        narrow = {f"audience-{name}": "friends" for name in bearers()}
        typed = {"day": str(born.day), "month": str(born.month), "year": str(born.year), **narrow}
        assert browser.post("/join/", entries(handle="sprout", **typed)).status_code == 302
        sprout = Member.objects.get(handle="sprout")
        Member.objects.filter(pk=sprout.pk).update(email_verified_at=timezone.now())
        browser = factories.sign_in(Client(), Member.objects.get(pk=sprout.pk))
        browser.post("/settings/privacy/listed/", {})
        Profile.objects.filter(pk=sprout.pk).update(listed=False)
        browser.post("/settings/profile/", {"display_name": "Sprout", "city": "Alderford", "bio": "Grows."})
        browser.post("/friends/ask/the_friend/")
        browser.post("/settings/notices/", {"product-email": "on", "digest-email": "on"})
        for _look in range(2):
            be_looked_at(sprout, cast, corrected)
        yield
        campaign = Campaign(notice="written-tips", audience="everybody", parameters={"heading": "a", "text": "b"})
        write(campaign, by=cast["teller"])
        finish_writing(campaign)
        for days in (20, 60, 100, 200, 330, 400):
            clock.move_to(NOW + timedelta(days=days))
            reminding.remind_of_check_up(timezone.now())
            reviewing.remind(timezone.now())
            deliver()
            housekeeping.purge_expired()
            yield


def be_looked_at(member: Member, cast: dict[str, Member], corrected: date | None) -> None:
    """Have somebody's age put into question and settled: with another date, or with nothing changed."""
    Client().post(f"/report/child/@{member.handle}/", {"words": "Goes to school."})
    case = age_cases.open_case(member) or age_cases.tell(member, "Goes to school.", teller=Teller.VISITOR)
    age_cases.look(case)
    age_cases.ask(case)
    age_cases.answer(member, "It is right.")
    case.refresh_from_db()
    finding = Finding.DATE if corrected else Finding.NOTHING
    age_cases.decide(case, finding, by=cast["support"], reason="Looked at it.", born=corrected)


@pytest.mark.promise("K2")
@pytest.mark.parametrize("corrected", [None, date(NOW.year - 14, 6, 5)], ids=["left as it is", "corrected"])
def test_a_copy_of_the_database_shows_no_difference(cast: dict[str, Member], settings: Any, corrected: date) -> None:
    settings.LIMITS = False
    adult = dumped_during(lambda: live_here(cast, ADULT, None))
    juvenile = dumped_during(lambda: live_here(cast, JUVENILE, corrected))
    assert len(adult[0]["default privacy_agecase"]) == 2
    assert len(adult[0]["default notifications_notification"]) > 4
    for one, other in zip(adult, juvenile, strict=True):
        assert one.keys() == other.keys()
        pairs = {table: (Counter(rows), Counter(other[table])) for table, rows in one.items()}
        different = {table: (had - has, has - had) for table, (had, has) in pairs.items() if had != has}
        assert different == {}


def test_the_comparing_of_copies_is_no_sham(cast: dict[str, Member]) -> None:
    before = dump()
    Profile.objects.filter(pk=cast["bud"].pk).update(listed=True)
    assert [table for table, rows in dump().items() if rows != before[table]] == ["default accounts_profile"]


def test_a_birth_date_is_as_long_as_any_other_and_in_no_clear_column(cast: dict[str, Member]) -> None:
    found = set()
    for day in (ADULT, JUVENILE, date(1931, 12, 31)):
        be_born(cast["bud"], day)
        found.add(repr(dump()))
    assert len(found) == 1


def test_no_column_of_any_table_is_called_after_it() -> None:
    names = {f"{model._meta.label}.{each.name}" for model in apps.get_models() for each in model._meta.concrete_fields}
    assert not [name for name in names if re.search(r"juvenile|minor|adult|is_child|under_age", name, re.IGNORECASE)]


# --- what would begin to count when somebody comes of age ---------------------------------------------------------
@pytest.mark.promise("M2")
@pytest.mark.promise("E8")
def test_a_juvenile_chooses_no_marketing_so_none_begins_when_they_come_of_age(cast: dict[str, Member]) -> None:
    bud = Member.objects.get(pk=cast["bud"].pk)
    be_born(bud, timezone.localdate() - timedelta(days=17 * 365))
    browser = factories.sign_in_freshly(bud)
    page = browser.get("/settings/notices/").content.decode()
    assert "Under 18 there are no news and offers" in page
    browser.post("/settings/notices/", {"news-email": "on", "tips-site": "on", "product-email": "on"})
    choose(bud, {Topic.NEWS: EVERYWHERE})
    assert not Preference.objects.filter(member=bud, topic__in=("news", "tips"), wanted=True).exists()
    with time_machine.travel(timezone.now() + timedelta(days=800)):
        assert not wants(bud, Topic.NEWS)
    assert wants(bud, Topic.PRODUCT)


@pytest.mark.promise("M2")
def test_who_turns_out_to_be_a_juvenile_is_out_of_marketing_for_good(cast: dict[str, Member]) -> None:
    bud = Member.objects.get(pk=cast["bud"].pk)
    choose(bud, {Topic.NEWS: EVERYWHERE})
    case = age_cases.tell(bud, "A child.", teller=Teller.STAFF)
    age_cases.look(case)
    age_cases.decide(case, Finding.DATE, by=cast["support"], reason="x", born=JUVENILE)
    assert not wants(bud, Topic.NEWS)
    be_born(bud, ADULT)
    assert not wants(bud, Topic.NEWS)


@pytest.mark.promise("M2")
def test_a_raised_adult_age_ends_marketing_too(cast: dict[str, Member], settings: Any) -> None:
    bud = Member.objects.get(pk=cast["bud"].pk)
    juveniles.apply_adult_age()
    choose(bud, {Topic.NEWS: EVERYWHERE})
    settings.ADULT_AGE = 60
    juveniles.apply_adult_age()
    settings.ADULT_AGE = 18
    assert not wants(bud, Topic.NEWS)


def test_an_invitation_of_the_year_is_there_for_both(cast: dict[str, Member]) -> None:
    days = set()
    for born in (ADULT, JUVENILE):
        days.add(yearly.due_day(cast["bud"].pk, born, NOW.year))
    assert len(days) == 1
