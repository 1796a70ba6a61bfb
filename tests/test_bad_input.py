"""Whatever is sent, the answer is a page: a refusal or the form again, never a fault, and nothing is written.

The routes come from the site itself; what each of them takes is said in ``TAKES``, and one that is missing fails.
"""

import base64
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections, transaction
from django.test import Client
from PIL import Image

from accounts.models import Member, Profile
from accounts.roles import assign_roles, sync_roles
from catalogue.vocabulary import Audience
from config.routes import Route, routes
from encryption.fields import UNAVAILABLE
from privacy.fields import bearers
from privacy.models import FieldDefault, PolicyVersion
from security import tokens
from security.models import Event, Kind, SignIn
from tests.factories import PASSWORD, VALUES, befriend, make_circle, make_member, sign_in_freshly

pytestmark = [pytest.mark.django_db, pytest.mark.promise("N1"), pytest.mark.timeout(300)]

ROUTES = {route.name: route for route in routes() if not route.name.endswith(":")}
TOLD = {name: value for name, value in VALUES.items() if name != "birth_date"} | {
    "interests": "beans, bells",
    "time_zone": "Europe/Lisbon",
}
# What each form takes, filled as it may be. Whatever is not filled here (``next``) may be anything and is ignored.
TAKES: dict[str, dict[str, str]] = {
    "accounts:join": {
        "handle": "newcomer",
        "email": "newcomer@example.org",
        "password": PASSWORD,
        "day": "1",
        "month": "4",
        "year": "1990",
        "agree": "on",
        "policy": "",
        "audience-city": "friends",
    },
    "accounts:confirm-email": {"password": PASSWORD},
    "accounts:sign-in": {"email": "rose@example.org", "password": PASSWORD, "next": "/friends/"},
    "accounts:sign-out": {},
    "accounts:password-reset": {"email": "rose@example.org"},
    "accounts:password-reset-confirm": {"new_password": "another-hedge-and-meadow"},
    "accounts:password-change": {"new_password": "another-hedge-and-meadow"},
    "security:again": {"password": PASSWORD, "next": "/settings/profile/"},
    "accounts:friend-ask": {"next": "/friends/"},
    "accounts:friend-withdraw": {"next": "/friends/"},
    "accounts:friend-accept": {"next": "/friends/"},
    "accounts:friend-decline": {"next": "/friends/"},
    "accounts:friend-end": {"next": "/friends/"},
    "accounts:circles": {"name": "Choir"},
    "accounts:circle": {"name": "Choir"},
    "accounts:circle-add": {"handle": "moss", "next": "/circles/"},
    "accounts:circle-remove": {"next": "/circles/"},
    "accounts:circle-delete": {"next": "/circles/"},
    "accounts:block": {"next": "/blocks/"},
    "accounts:unblock": {"next": "/blocks/"},
    "accounts:mute": {"next": "/blocks/"},
    "accounts:unmute": {"next": "/blocks/"},
    "accounts:settings-profile": TOLD,
    "accounts:picture-remove": {},
    "accounts:not-me-password": {"new_password": "another-hedge-and-meadow"},
    "security:sessions-end-others": {},
    "security:session-end": {},
    "security:event-mine": {},
    "security:not-me": {},
    "privacy:listed": {"listed": "on"},
    "privacy:field-audience": {"audience": "circles", "circles": "", "exceptions": "@moss", "sure": "on", "next": "/"},
    "privacy:check-up": {"step": "reach"},
    "admin:login": {"next": "/admin/"},
    "admin:privacy_fielddefault_changelist": {"form-0-audience": "4", "form-0-id": "1", "_save": "Save"},
    "admin:privacy_fielddefault_change": {"audience": "4"},
    "admin:privacy_policyversion_changelist": {"action": "", "index": "0"},
    "admin:accounts_member_changelist": {"action": "", "index": "0", "_selected_action": "1"},
    "admin:accounts_member_change": {"is_active": "on", "handle": "other"},
}
# Pages of the staff site that take nothing: they show, refuse, or lead elsewhere.
TAKE_NOTHING = re.compile(
    r"admin:(index|logout|password_change|jsi18n|autocomplete|view_on_site|app_list|auth_|.*_(add|delete|history)$|privacy_policyversion_change$)"
)
LONG = "x" * 1_000_000
# Sent as they stand, percent-escaped. No form at all takes the first ones.
UNREADABLE = {
    "NUL": b"a%00b",
    "a lone surrogate": b"%ED%A0%80",
    "no UTF-8": b"%FF%FE%C0%AF",
    "cut off in the middle": b"caf%C3",
}
ODD = {
    "a megabyte": LONG,
    "control characters": "a\x01\x1b[31m\x7f\x85",
    "turned text": "\u202eevil\u2066",
    "nothing to be seen": "\u200b\u3164",
    "a huge number": "9" * 400,
    "more than 64 bits": str(2**64),
    "a negative number": "-1",
    "infinity": "1e309",
    "not a number": "NaN",
    "year nought": "0000-00-00",
    "year 99999": "99999-12-31",
    "digits of other scripts": "٣٤",
    "markup": "<script>alert(1)</script>{{ 7|add:7 }}{% debug %}",
    "a format": "%s%(x)s%n{0.__class__}",
    "SQL": "' OR 1=1; --",
    "a path": "../../../etc/passwd",
    "an address": "https://evil.example/\\@x",
    "line breaks": "a\r\nSet-Cookie: a=b\r\n\r\nb",
    "JSON": '{"$gt": ""}',
    "nothing": "",
}
IN_QUERIES = (
    "q",
    "after",
    "as",
    "next",
    "resume",
    "step",
    "asking",
    "asked",
    "removed",
    "muted",
    "o",
    "p",
    "e",
    "all",
    "_popup",
)
IN_QUERIES += ("_to_field", "_changelist_filters", "is_active__exact", "term", "app_label", "model_name", "field_name")
IN_PATHS = (
    "x" * 5000,
    "%00",
    "%ED%A0%80",
    "%FF",
    "-1",
    "0",
    "9" * 30,
    "..",
    "%2e%2e%2f",
    "rose%0a",
    "%25s",
    "ROSE",
    "@",
)


# --- the cast -----------------------------------------------------------------------------------------------------
@pytest.fixture
def rose() -> Member:
    rose, fern = make_member("rose", **VALUES), make_member("fern")
    befriend(rose, fern)
    make_member("moss", city="Mossley")
    sync_roles()
    return rose


@pytest.fixture
def parts(rose: Member) -> dict[str, str]:
    """Return what stands for each part of an address."""
    return {
        "handle": "fern",
        "field": "city",
        "circle_id": str(make_circle(rose, "Family", Member.objects.get(handle="fern")).pk),
        "event_id": str(Event.objects.create(member=rose, kind=Kind.NEW_BROWSER, is_alert=True).pk),
        "sign_in_id": str(SignIn.objects.create(member=rose).pk),
        "picture_id": "6b0c1a52-3d2f-4a5e-9f0e-2d7f1f0c8a11",
        "size": "small",
        "number": PolicyVersion.objects.in_force()[0].number,
        "name": "one.log",
        "position": "0",
        "content_type_id": "1",
        "app_label": "accounts",
    }


def address(route: Route, parts: dict[str, str]) -> str:
    """Return an address of a route as it should be."""
    rose = Member.objects.get(handle="rose")
    purpose = tokens.RESET_PASSWORD if "reset" in route.name else tokens.VERIFY_EMAIL
    ids = {"member": rose.pk, "fielddefault": FieldDefault.objects.all()[0].pk}
    ids |= {"policyversion": PolicyVersion.objects.all()[0].pk}
    object_id = next((str(pk) for name, pk in ids.items() if f"/{name}/" in route.path), "1")
    if purpose == tokens.VERIFY_EMAIL and "<str:token>" in route.path:
        rose = Member.objects.filter(handle="bud").first() or make_member("bud", email_verified_at=None)
    token = tokens.issue(rose, purpose) if "<str:token>" in route.path else ""
    if "not-me" in route.name and token:
        token = not_me_token(has_pressed=route.name == "accounts:not-me-password")
    all_parts = parts | {"object_id": object_id, "token": token}
    plain = re.sub(r"\(\?P<(?P<name>\w+)>[^)]*\)", lambda match: all_parts[match["name"]], route.path)
    return re.sub(r"<(?:\w+:)?(?P<name>\w+)>", lambda match: all_parts[match["name"]], plain)


def not_me_token(*, has_pressed: bool) -> str:
    """Return a link of somebody who has said that it was not them, or has not yet."""
    somebody = Member.objects.filter(handle="sorrel").first() or make_member("sorrel")
    if has_pressed:
        somebody.set_unusable_password()
        somebody.save()
    return tokens.issue(somebody, tokens.NOT_ME, event=Event.objects.create(member=somebody, kind=Kind.NEW_BROWSER))


def client_for(name: str, rose: Member) -> Client:
    """Return who would use a route: a visitor to join and sign in, staff for the staff site, else rose."""
    client = Client(raise_request_exception=False)
    if name.startswith("admin:"):
        chief = Member.objects.filter(handle="chief").first() or make_member("chief")
        assign_roles(chief, ["superuser"])
        client.force_login(chief, "accounts.sign_in.EmailBackend")
    elif name not in ("accounts:join", "accounts:sign-in", "accounts:password-reset", "accounts:confirm-email"):
        sign_in_freshly(rose, client)
    return client


# --- what is written ----------------------------------------------------------------------------------------------
def state() -> dict[str, list[Any]]:
    """Return every row of both databases but those of sessions, where messages wait, and the count of tries."""
    found = {}
    for alias in connections:
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                if table not in ("security_session", "security_allowance"):
                    cursor.execute(f'SELECT * FROM "{table}"')
                    found[f"{alias} {table}"] = sorted(map(repr, cursor.fetchall()))
    return found


class Try:
    """Sends something, looks at the answer and at what became of the rows, and takes it all back."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @cached_property
    def before(self) -> dict[str, list[Any]]:
        return state()

    def read(self, where: str) -> Any:
        """Ask for a page. Whether it wrote anything is for ``wrote_nothing`` to say."""
        assert self.before
        answer = self.client.get(where)
        assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR or answer.status_code == 503, where[:200]
        return answer

    def wrote_nothing(self) -> bool:
        return state() == self.before

    def __call__(self, method: str, where: str, body: bytes = b"", kind: str = "", *, refused: bool = False) -> Any:
        before, cookies = self.before, self.client.cookies.copy()
        with ExitStack() as undone:
            for alias in connections:
                undone.enter_context(transaction.atomic(alias))
            kind = kind or "application/x-www-form-urlencoded"
            answer = self.client.generic(method, where, body, content_type=kind)
            after = state()
            for alias in connections:
                transaction.set_rollback(True, using=alias)
        self.client.cookies = cookies
        cache.clear()
        told = f"{method} {where[:200]} with {body[:200]!r}: {answer.status_code}"
        assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR or answer.status_code == 503, told
        if refused or method != "POST" or answer.status_code != HTTPStatus.FOUND:
            assert after == before, told
        assert not [row for rows in after.values() for row in rows if "x" * 5000 in row], told
        if refused:
            assert answer.status_code == HTTPStatus.OK or 400 <= answer.status_code < 500, told
        return answer


def form(filled: dict[str, str], name: str, raw: bytes) -> bytes:
    rest = urlencode({key: value for key, value in filled.items() if key != name}).encode()
    return rest + b"&" + quote(name).encode() + b"=" + raw


# --- forms --------------------------------------------------------------------------------------------------------
def posting() -> Iterator[str]:
    return (name for name, route in ROUTES.items() if "POST" in route.methods)


def test_every_form_is_tried() -> None:
    assert {name for name in posting() if not TAKE_NOTHING.match(name)} == set(TAKES)


@pytest.mark.parametrize("name", TAKES)
def test_a_form_that_cannot_be_read_is_refused(name: str, rose: Member, parts: dict[str, str]) -> None:
    attempt, where = Try(client_for(name, rose)), address(ROUTES[name], parts)
    for field in {**TAKES[name], "unheard_of": ""}:
        for raw in UNREADABLE.values():
            answer = attempt("POST", where, form(TAKES[name], field, raw), refused=True)
            assert answer.status_code == HTTPStatus.BAD_REQUEST
    for raw in UNREADABLE.values():
        assert attempt("POST", where, raw + b"=a", refused=True).status_code == HTTPStatus.BAD_REQUEST


def odd_values(filled: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield every field with every odd value; a long form, which takes time to draw, with a few in turn."""
    for number, field in enumerate(filled):
        few = list(ODD.values())[number % 4 :: 4] if len(filled) > 8 else ODD.values()
        yield from ((field, value) for value in few)


@pytest.mark.parametrize("name", TAKES)
def test_odd_values_are_refused_or_taken_for_what_they_are(name: str, rose: Member, parts: dict[str, str]) -> None:
    attempt, where = Try(client_for(name, rose)), address(ROUTES[name], parts)
    for field, value in odd_values(TAKES[name]):
        answer = attempt("POST", where, form(TAKES[name], field, quote(value).encode()))
        assert "evil.example" not in answer.headers.get("Location", "")
        assert "Set-Cookie: a=b" not in str(answer.headers)
    for field in TAKES[name]:
        repeated = "&".join(f"{quote(field)}={quote(value[:50])}" for value in ODD.values()).encode()
        attempt("POST", where, repeated)
        attempt("POST", where, form(TAKES[name], f"{field}[]", b"1") + f"&{field}[a][b]=1".encode())


@pytest.mark.parametrize("name", TAKES)
def test_other_kinds_of_body_are_as_good_as_none(name: str, rose: Member, parts: dict[str, str]) -> None:
    attempt, where = Try(client_for(name, rose)), address(ROUTES[name], parts)
    bodies = {
        "application/json": b'{"handle": ["a"], "name": {"a": 1}}',
        "application/xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "text/plain": b"name=a",
        "multipart/form-data": b"no boundary",
        "multipart/form-data; boundary=x": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut',
        "multipart/form-data; boundary=y": b"--y\r\nContent-Disposition: form-data; name*=utf-16''%FF\r\n\r\na\r\n--y",
        "application/x-www-form-urlencoded; charset=utf-16": "name=ä".encode("utf-16"),
        "application/x-www-form-urlencoded; charset=rot13": b"name=a",
    }
    for kind, body in bodies.items():
        attempt("POST", where, body, kind)
    many = "&".join(f"field{number}=1" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)).encode()
    huge = b"name=" + b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    for body in (many, huge):
        assert attempt("POST", where, body, refused=True).status_code in (400, 413)


@pytest.mark.parametrize("name", TAKES)
def test_a_file_in_the_place_of_text_is_nothing(name: str, rose: Member, parts: dict[str, str]) -> None:
    client, where = client_for(name, rose), address(ROUTES[name], parts)
    for field in TAKES[name]:
        with transaction.atomic():
            sent: dict[str, Any] = {**TAKES[name], field: SimpleUploadedFile("a\u202e.txt", b"text" * 1000)}
            assert client.post(where, sent).status_code < HTTPStatus.INTERNAL_SERVER_ERROR
            transaction.set_rollback(True)


@pytest.mark.parametrize("name", [name for name in TAKES if name != "admin:login"])
def test_without_its_token_a_form_does_nothing(name: str, rose: Member, parts: dict[str, str]) -> None:
    client, where = client_for(name, rose), address(ROUTES[name], parts)
    client.handler.enforce_csrf_checks = True
    before = state()
    for token in ("", "x" * 32, "x" * 64, "\x01"):
        assert client.post(where, {**TAKES[name], "csrfmiddlewaretoken": token}).status_code == HTTPStatus.FORBIDDEN
    assert state() == before


# --- addresses ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if "GET" in route.methods])
def test_odd_queries_get_a_page(name: str, rose: Member, parts: dict[str, str]) -> None:
    attempt, where = Try(client_for(name, rose)), address(ROUTES[name], parts)
    every = "&".join(f"{key}={quote(value[:300])}" for key in IN_QUERIES for value in ODD.values())
    attempt.read(f"{where}?{every}")
    for value in ODD.values():
        attempt.read(f"{where}?" + urlencode(dict.fromkeys(IN_QUERIES[:9], value[:20_000])))
    for key in IN_QUERIES if name.startswith("admin:") else ():
        attempt.read(f"{where}?{key}={quote(ODD['a huge number'])}")
        attempt.read(f"{where}?{key}={quote(ODD['control characters'])}&{key}[]=1")
    for raw in UNREADABLE.values():
        assert attempt.read(f"{where}?q={raw.decode()}").status_code == HTTPStatus.BAD_REQUEST
    assert attempt.wrote_nothing()


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if "<" in route.path])
def test_odd_paths_get_a_page(name: str, rose: Member, parts: dict[str, str]) -> None:
    client, route = client_for(name, rose), ROUTES[name]
    attempt = Try(client)
    for part in re.findall(r"<(?:\w+:)?(\w+)>", route.path):
        for value in IN_PATHS:
            where = re.sub(rf"<(?:\w+:)?{part}>", lambda _match, value=value: value, route.path)
            where = address(Route(where, route.name, (), (), ""), parts)
            for method in sorted({"GET", "POST"} & set(route.methods)):
                answer = attempt(method, where)
                if value in ("%00", "%ED%A0%80", "%FF"):
                    assert answer.status_code == HTTPStatus.BAD_REQUEST


def test_things_of_others_are_not_to_be_had_by_their_number(rose: Member) -> None:
    moss = Member.objects.get(handle="moss")
    foreign = make_circle(moss, "Mine alone", rose)
    client = Client()
    client.force_login(rose, "accounts.sign_in.EmailBackend")
    before = state()
    for number in (foreign.pk, 0, 2**63, 10**30):
        for way in ("", "add/", "remove/fern/", "delete/"):
            answer = client.post(f"/circles/{number}/{way}", {"name": "Stolen", "handle": "fern"})
            assert answer.status_code == HTTPStatus.NOT_FOUND
    for circle in (str(foreign.pk), "-1", str(2**64), "9" * 400, "x", "1.5", "\u0663"):
        sent = {"audience": "circles", "circles": circle}
        assert client.post("/settings/privacy/city/", sent).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert state() == before


# --- pictures -----------------------------------------------------------------------------------------------------
def png(size: tuple[int, int] = (8, 8)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "green").save(file, "PNG")
    return file.getvalue()


def with_zip(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "a")
    return content + file.getvalue()


NO_PICTURES = {
    "a.png": b"plain text",
    "empty.png": b"",
    "a.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a.html": b"<!doctype html><script>alert(1)</script>",
    "cut.png": png()[:40],
    "zip.png": with_zip(png()),
    "script.png": png() + b"<script>alert(1)</script>",
    "pdf.png": b"%PDF-1.7 " + png(),
    "header.png": png()[:16] + b"\xff" * 8 + png()[24:],
    "lying.jpg": png(),
    "a.exe": b"MZ" + b"\0" * 500,
    "gif.gif": b"GIF89a" + b"\xff" * 100,
    "tiff.tif": b"II*\0" + b"\0" * 100,
    "../../a.png\u202e": b"x" * 100,
    "jpeg.jpg": b"\xff\xd8\xff\xe0" + b"\xff" * 2000,
    "webp.webp": b"RIFF\xff\xff\xff\xffWEBPVP8 " + b"\0" * 50,
}


@pytest.mark.parametrize("file", NO_PICTURES)
def test_what_is_no_picture_is_refused_and_nothing_stored(file: str, rose: Member) -> None:
    client = Client()
    client.force_login(rose, "accounts.sign_in.EmailBackend")
    before = state()
    answer = client.post(
        "/settings/profile/", {**TOLD, "city": "Elsewhere", "picture": SimpleUploadedFile(file, NO_PICTURES[file])}
    )
    assert answer.status_code in (200, 422)
    assert answer.context["form"].errors["picture"]
    assert state() == before


# --- ciphertext ---------------------------------------------------------------------------------------------------
def stored(member: Member, column: str) -> bytes:
    with connections["default"].cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM "accounts_profile" WHERE "member_id" = %s', [member.pk])
        return bytes(cursor.fetchone()[0])


def store(member: Member, column: str, value: Any, table: str = "accounts_profile", key: str = "member_id") -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(f'UPDATE "{table}" SET "{column}" = %s WHERE "{key}" = %s', [value, member.pk])


WRITINGS = {
    "base64": lambda sealed: base64.b64encode(sealed).decode(),
    "urlsafe": lambda sealed: base64.urlsafe_b64encode(sealed).decode(),
    "hexadecimal": lambda sealed: sealed.hex(),
    "as PostgreSQL does": lambda sealed: "\\x" + sealed.hex(),
    "as Python does": str,
    "latin": lambda sealed: sealed.decode("latin-1"),
    "a stock token": lambda sealed: "gAAAAA" + base64.urlsafe_b64encode(sealed).decode(),
}


@pytest.mark.promise("K2")
@pytest.mark.parametrize("writing", WRITINGS)
def test_a_ciphertext_pasted_into_a_form_stays_text(writing: str, rose: Member) -> None:
    """Somebody else's and one's own alike: nothing typed is ever opened."""
    moss = Member.objects.get(handle="moss")
    client = Client()
    client.force_login(moss, "accounts.sign_in.EmailBackend")
    for owner in (rose, moss):
        text = WRITINGS[writing](stored(owner, "city"))
        answer = client.post("/settings/profile/", {"bio": text, "employer": text[:120]}, follow=True)
        page = answer.content.decode() + client.get("/@moss/").content.decode()
        assert answer.status_code in (200, 400, 422)
        assert "Alderford" not in page
        profile = Profile.objects.get(pk=moss.pk)
        assert profile.bio in (None, text.strip())
        found = client.get("/people/", {"q": text[:120]})
        assert found.status_code in (200, 400)
        assert "Alderford" not in found.content.decode()
        made = client.post("/circles/", {"name": text[:80]}, follow=True)
        assert "Alderford" not in made.content.decode()


# --- damage -------------------------------------------------------------------------------------------------------
SEALED = [field.name for field in Profile._meta.concrete_fields if getattr(field, "sealed", False)]
FOREIGN = bytes.fromhex("01000100000001") + b"\x5a" * 60


def damages(column: str, rose: Member, moss: Member) -> dict[str, Any]:
    """Return what a column may be found to hold: cut, altered, moved, foreign, no envelope at all."""
    own, other = stored(rose, column), "bio" if column != "bio" else "city"
    flipped = bytearray(own)
    flipped[-20] ^= 1
    return {
        "altered": bytes(flipped),
        "cut": own[:-1],
        "a stump": own[:7],
        "empty": b"",
        "longer": own + b"\0",
        "of another column": stored(rose, other),
        "of another member": stored(moss, column),
        "of a foreign key": FOREIGN,
        "plain": b"Planted in the open",
    }


def pages_of(rose: Member, moss: Member, *, few: bool) -> Iterator[tuple[str, Any]]:
    """Yield every page that shows a value of rose's, as she, another member, a visitor and staff see it."""
    chief = make_member("chief")
    assign_roles(chief, ["superuser"])
    own = ("/", "/@rose/", "/@rose/?as=member", "/@rose/?as=@moss", "/settings/profile/", "/settings/privacy/")
    own += ("/settings/check-up/", "/settings/check-up/?step=born", "/friends/", "/circles/", "/people/")
    own += tuple(
        f"/{way}/{name}/" for name in ("city", "birthday", "picture") for way in ("settings/privacy", "@rose/sees")
    )
    others = ("/@rose/", "/people/", "/people/?q=rose", "/people/?q=Alderford", "/", "/blocks/add/rose/")
    asked = {
        rose: own,
        moss: others,
        None: others[:4],
        chief: (f"/admin/accounts/member/{rose.pk}/change/", "/admin/accounts/member/"),
    }
    if few:
        asked = {rose: ("/settings/privacy/", "/@rose/"), moss: ("/people/?q=rose",)}
    for who, addresses in asked.items():
        client = Client()
        if who is not None:
            client.force_login(who, "accounts.sign_in.EmailBackend")
        for where in addresses:
            yield f"{who}: {where}", client.get(where)


@pytest.mark.promise("K2")
@pytest.mark.parametrize("column", SEALED)
def test_what_does_not_open_reads_unavailable_and_is_not_repeated(
    column: str, caplog: pytest.LogCaptureFixture
) -> None:
    everyone = dict.fromkeys(bearers(), Audience.EVERYONE)
    everyone.pop("email")
    rose = make_member("rose", audiences=everyone, picture="6b0c1a52-3d2f-4a5e-9f0e-2d7f1f0c8a11", **VALUES)
    moss = make_member(
        "moss", picture="6b0c1a52-3d2f-4a5e-9f0e-2d7f1f0c8a12", **{**VALUES, "city": "Mossley", "bio": "Of moss."}
    )
    sync_roles()
    for damage, value in damages(column, rose, moss).items():
        store(rose, column, value)
        assert getattr(Profile.objects.get(pk=rose.pk), column) is UNAVAILABLE
        with transaction.atomic():
            pages = dict(pages_of(rose, moss, few=damage not in ("altered", "plain")))
            transaction.set_rollback(True)
        assert {where: page.status_code for where, page in pages.items()} == dict.fromkeys(pages, 200), damage
        for where, page in pages.items():
            assert "Planted in the open" not in page.content.decode(), (damage, where)
        assert "unavailable" in pages["@rose: /settings/privacy/"].content.decode(), damage
        assert stored(rose, column) == value
    assert "Planted" not in caplog.text
    assert not [text for text in map(str, VALUES.values()) if len(text) > 5 and text in caplog.text]
    assert not [sealed for sealed in (FOREIGN.hex(), FOREIGN[:12].hex()) if sealed in caplog.text]
