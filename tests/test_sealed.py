"""What is stored is sealed: of all that somebody tells, nothing lies in the open where a thief would look.

Somebody joins and fills in everything through the pages. Then databases, uploads, logs, sessions and cache are read as
bytes. Which columns there are comes from the catalogue: a newly declared one has to be filled here, or to be named
below with the reason why it may lie open.
"""

import base64
import io
import logging
import pickle
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts import age_cases
from accounts.models import Member, Profile
from catalogue.declarations import PersonalData, PersonalField
from catalogue.registry import personal_data
from catalogue.vocabulary import Audience
from config.logs import JsonFormatter
from notifications.models import Notification
from privacy.audiences import set_audience
from privacy.models import Circle
from security.models import AuthenticatorApp, Event, Interrupted, Kind, Passkey, RecoveryCodes, Session, SignIn
from security.sessions import SessionStore
from tests.factories import begin_email_change, code_of, let_time_pass, make_member
from tests.security.device import Device

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keystore"]),
    pytest.mark.promise("K2"),
]

NUMBERS = "numbers of rows, which say nothing without the rows"
MOMENT = "a moment, to be purged and counted by"
# Declared, not sealed, and why that is right. Whatever of it is text must not hold anything that was told.
STEPS = ("AuthenticatorApp", "RecoveryCodes", "Passkey")
OPEN = {
    "accounts.Member.handle": "always public: it is the address of the profile",
    "accounts.Member.password": "a salted, slow digest",
    "accounts.Member.cancelled_at": MOMENT,
    "accounts.Member.joined_at": MOMENT,
    "accounts.Member.email_verified_at": MOMENT,
    "accounts.Profile.birthday": "read from the birth date, which is sealed",
    "accounts.Profile.public_name": "a copy for search, blank unless everyone or all members may see the name",
    "accounts.Profile.name_for_search": "the same copy in small letters",
    "accounts.Profile.listed": "a switch that the directory filters by",
    "accounts.Friendship.person": NUMBERS,
    "accounts.Friendship.friend": NUMBERS,
    "accounts.Friendship.since": MOMENT,
    "accounts.FriendRequest.sender": NUMBERS,
    "accounts.FriendRequest.recipient": NUMBERS,
    "accounts.FriendRequest.asked_at": MOMENT,
    "accounts.Decline.decliner": NUMBERS,
    "accounts.Decline.asker": NUMBERS,
    "accounts.Decline.at": MOMENT,
    "accounts.Block.blocker": NUMBERS,
    "accounts.Block.blocked": NUMBERS,
    "accounts.Block.since": MOMENT,
    "accounts.Mute.muter": NUMBERS,
    "accounts.Mute.muted": NUMBERS,
    "accounts.Mute.since": MOMENT,
    "accounts.Picture.uploaded_at": MOMENT,
    "accounts.Profile.phone_verified_at": MOMENT,
    "accounts.EmailChange.asked_at": MOMENT,
    "accounts.EmailChange.confirmed_at": MOMENT,
    "accounts.InformationReview.confirmed_at": MOMENT,
    "accounts.InformationReview.reminded_at": MOMENT,
    "accounts.StaffInvitation.invited_by": NUMBERS,
    "accounts.StaffInvitation.invited_at": MOMENT,
    "security.Browser.first_seen_at": MOMENT,
    "security.Browser.last_seen_at": MOMENT,
    "security.SignIn.started_at": MOMENT,
    "security.SignIn.seen_at": MOMENT,
    "security.Session.session_data": "numbers, moments, and messages to be shown once, which are read here as well",
    "security.Event.kind": "which of a few things happened",
    "security.Event.at": MOMENT,
    "security.Event.answered_at": MOMENT,
    "security.Event.disowned_at": MOMENT,
    **{f"security.StepRemoval.{when}": MOMENT for when in ("added_from", "asked_at", "due_at")},
    "security.Token.purpose": "which kind of link was mailed",
    **{f"security.{step}.{when}": MOMENT for step in STEPS for when in ("created_at", "kept_at", "last_used_at")},
    "django_otp_webauthn.WebAuthnUserHandle.handle_hex": "a random number",
    "accounts.ReservedHandle.digest": "a keyed digest",
    "admin.LogEntry.user": NUMBERS,
    "admin.LogEntry.action_time": MOMENT,
    "admin.LogEntry.object_id": NUMBERS,
    "admin.LogEntry.object_repr": "a kind of row and its number",
    "admin.LogEntry.action_flag": "one of three kinds of act",
    "admin.LogEntry.change_message": "names of fields",
    "notifications.Preference.topic": "one of four kinds of news",
    "notifications.Announced.is_put_away": "a switch that pages go by",
    "notifications.Preference.channel": "mail or inbox",
    "notifications.Preference.wanted": "a switch that the outbox goes by",
    "notifications.Preference.changed_at": MOMENT,
    "privacy.AgeCase.opened_at": MOMENT,
    "privacy.AgeCase.closed_at": MOMENT,
    "privacy.Circle.created_at": MOMENT,
    "privacy.CircleMember.person": NUMBERS,
    "privacy.ErasureRequest.asked_at": MOMENT,
    "privacy.ErasureRequest.due_at": MOMENT,
    "privacy.ErasureRequest.kept_at": MOMENT,
    "privacy.FieldCircle.circle": NUMBERS,
    "privacy.FieldException.person": NUMBERS,
    "privacy.FieldReview.reviewed_at": MOMENT,
    "privacy.Download.asked_at": MOMENT,
    "privacy.Download.ready_at": MOMENT,
    "privacy.Change.field": "the name of a field",
    "privacy.Change.kind": "whether a value or its audience was changed",
    "privacy.Change.by": "the member or staff",
    "privacy.Change.at": MOMENT,
    "privacy.PolicyAcceptance.accepted_at": MOMENT,
    "privacy.PolicyAcceptance.language": "the language of a public text",
    "privacy.PolicyAcceptance.pseudonym": "a keyed digest of a handle",
}
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
# Sealed, and found elsewhere all the same.
KNOWN_ELSEWHERE = {
    "accounts.Profile.picture": "the random number of a row and of a sealed file, kept there as such",
    "security.RecoveryCodes.name": "the same words for everybody, by which the permissions of staff are called as well",
}
# Of our own in a session: the number of a row, and moments.
OUR_NUMBERS = (
    "sign-in",
    "authenticated-at",
    "verified-at",
    "otp_device_id",
    "_session_expiry",
    "interrupted",
    "app-being-added",
)
SHORTEST = 8  # what is shorter turns up in random bytes by chance; its column is looked at by itself
PASSWORD = "Turnstone-Password-26"
BORN = date(1961, 2, 17)
NUMBER = "+351210987654"
TOLD: dict[str, Any] = {
    "display_name": "Marker Displayname",
    "pronouns": "marker/pronouns",
    "bio": "Marker bio\nof two lines",
    "interests": "marker interest, second märker",
    "website": "https://marker-website.example.org/",
    "postal_address": "Marker Lane 3\nMarkertown",
    "city": "Markercity",
    "country": "PT",
    "employer": "Marker Employer",
    "school": "Marker School",
    "time_zone": "Antarctica/DumontDUrville",
}


@dataclass
class Told:
    """What was told, by what it was; whose it is; and what was written to the log meanwhile."""

    member: Member
    needles: dict[str, str]
    log: str = field(repr=False, default="")


# --- telling everything -------------------------------------------------------------------------------------------
@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Collect what the log of the site would say, of every level that it writes."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield out
    logging.getLogger().removeHandler(handler)


def link(address: str) -> str:
    """Return the token of the last mail with a link to ``address``."""
    found = [re.search(rf"{address}([\w-]+)/", str(sent.body)) for sent in mail.outbox]
    return [match[1] for match in found if match][-1]


def picture() -> SimpleUploadedFile:
    """Return a photo that says where and by whom it was taken, under a telling name."""
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x010E], exif[0x013B], exif[0x0110] = "Marker Description", "Marker Artist", "Marker Camera"
    exif.get_ifd(0x8825)[29] = "1961:02:17"
    Image.new("RGB", (40, 30), "green").save(file, "JPEG", exif=exif, comment=b"Marker Comment")
    return SimpleUploadedFile("Marker Filename.jpg", file.getvalue(), "image/jpeg")


def tell_everything(browser: Client) -> Told:
    """Join and use everything there is to be used, through the pages."""
    needles = {"e-mail": "marker.email@example.org", "password": PASSWORD, "photo": "Marker Artist"}
    needles |= {"camera": "Marker Camera", "comment": "Marker Comment", "file": "Marker Filename"}
    born = {"day": "17", "month": "2", "year": "1961"}
    asked = {"handle": "openhandle", "email": needles["e-mail"], "password": PASSWORD, "agree": "on", **born}
    answer = browser.post("/join/", {**asked, "audience-display_name": "only_me"})
    assert answer.status_code == 302, answer.context["form"].errors
    needles["link that confirms"] = link("/join/confirm/")
    browser.post(f"/join/confirm/{needles['link that confirms']}/", {"password": PASSWORD})
    member = Member.objects.get(handle="openhandle")
    answer = browser.post("/settings/profile/", {**TOLD, "picture": picture()})
    assert answer.status_code == 302, answer.context["form"].errors
    answer = browser.post("/settings/phone/", {"phone": NUMBER})
    assert answer.status_code == 302, answer.context["form"].errors
    _relate(browser, member)
    _go_astray(needles)
    browser.post("/password/reset/", {"email": needles["e-mail"]})
    needles["link that resets"] = link("/password/reset/")
    elsewhere = Client(headers={"User-Agent": AGENT})
    elsewhere.post("/sign-in/", {"email": needles["e-mail"], "password": PASSWORD})
    _change_the_address(browser, elsewhere, needles)
    _add_second_steps(browser, member, needles)
    needles |= {
        f"cookie {n}": b.cookies[settings.SESSION_COOKIE_NAME].value for n, b in enumerate((browser, elsewhere))
    }
    return Told(member, needles)


def _change_the_address(browser: Client, elsewhere: Client, needles: dict[str, str]) -> None:
    """Ask for another address; and once more in a browser that was left open, where it waits."""
    browser.post("/settings/email/", {"email": "marker.new@example.org"})
    needles["link that changes"], needles["link that stops"] = link("/email/confirm/"), link("/email/stop/")
    let_time_pass(elsewhere)
    elsewhere.post("/settings/email/", {"email": "marker.waiting@example.org"})


def add_second_steps(member: Member) -> None:
    """Have a second step of each kind, a row of each."""
    AuthenticatorApp.objects.create(user=member, name="Marker telephone", secret="MARKERSECRETMARKERSECRET")
    RecoveryCodes.objects.create(user=member, name="Marker sheet")
    Passkey.objects.create(user=member, name="Marker passkey", credential_id=b"random", public_key=b"public")


def _add_second_steps(browser: Client, member: Member, needles: dict[str, str]) -> None:
    """Add an authenticator app, with the codes it brings, and a passkey; do the second step elsewhere with a code."""
    where = "/settings/security/"
    browser.get(f"{where}app/")
    code = code_of(AuthenticatorApp.objects.get(user=member))
    codes = browser.post(f"{where}app/", {"code": code, "name": "Marker telephone"}).context["codes"]
    needles |= {f"recovery code {number}": each for number, each in enumerate(codes)}
    needles |= {f"recovery code {number} without lines": each.replace("-", "") for number, each in enumerate(codes)}
    options = browser.post(f"{where}passkey/begin/", {}, content_type="application/json").json()
    said = {**Device().make(options), "name": "Marker passkey"}
    assert browser.post(f"{where}passkey/add/", said, content_type="application/json").status_code == 200
    other = Client(headers={"User-Agent": AGENT})
    other.post("/sign-in/", {"email": needles["e-mail"], "password": PASSWORD})
    assert other.post("/sign-in/verify/", {"recovery_code": codes[0]}).status_code == 302


def _relate(browser: Client, member: Member) -> None:
    """Have circles, friends, exceptions, blocks and mutes, and leave a message in the session each time."""
    for handle in ("fern", "moss", "nettle", "heron"):
        make_member(handle)
    browser.post("/circles/", {"name": "Marker Circle"})
    circle = Circle.objects.get(owner=member)
    browser.post(f"/circles/{circle.pk}/add/", {"handle": "fern"})
    browser.post("/settings/privacy/city/", {"audience": "circles", "circles": circle.pk, "exceptions": "@moss"})
    browser.post("/friends/ask/fern/")
    browser.post("/blocks/add/nettle/")
    browser.post("/mutes/add/heron/")
    other = Client()
    other.force_login(Member.objects.get(handle="moss"), "accounts.sign_in.EmailBackend")
    other.post("/friends/ask/openhandle/")
    browser.post("/friends/accept/moss/")


def _go_astray(needles: dict[str, str]) -> None:
    """Put what is personal where it does not belong: into searches, addresses, forms that are refused."""
    visitor = Client()
    needles["searched for"] = "Marker Search"
    for word in ("Marker Search", TOLD["city"], needles["e-mail"]):
        visitor.get("/people/", {"q": word})
        visitor.get(f"/@{word}/")
        visitor.post("/sign-in/", {"email": word, "password": word})
        visitor.post("/join/", {"email": word, "handle": word})
        Client(enforce_csrf_checks=True).post("/sign-in/", {"email": word})


def _be_reported(member: Member) -> None:
    """Have somebody say that a member is a child, and staff settle it."""
    case = age_cases.tell(member, "Marker what was told", teller=age_cases.Teller.VISITOR)
    age_cases.look(case)
    steward = Member.objects.filter(handle="steward").first() or make_member("steward")
    age_cases.decide(case, age_cases.Finding.NOTHING, by=steward, reason="Marker what was found")


def _leave_waiting(member: Member, needles: dict[str, str]) -> None:
    """Leave a notice in the outbox that has not been sent yet, with a link that opens the account."""
    needles["waiting link"] = "Marker-waiting-link"
    waiting = {"parameters": {"token": needles["waiting link"]}, "address": "marker.waiting.mail@example.org"}
    Notification.objects.create(member=member, notice="reset-password", occasion="marker", **waiting)


@pytest.fixture
def told(written: io.StringIO) -> Told:
    told = tell_everything(Client(headers={"User-Agent": AGENT}))
    _leave_waiting(told.member, told.needles)
    _be_reported(told.member)
    told.needles |= dict(opened(told.member))
    told.log = written.getvalue()
    return told


# --- what the catalogue says there is -----------------------------------------------------------------------------
def declared() -> Iterator[tuple[PersonalData, PersonalField]]:
    return ((data, each) for data in personal_data() for each in data.fields)


def rows_of(member: Member, data: PersonalData) -> Any:
    model: Any = apps.get_model(data.model)
    mine = Q()
    for path in data.subjects:
        mine |= Q(**{"pk" if path == "self" else path: member.pk})
    return model._default_manager.filter(mine)


def filled(member: Member, data: PersonalData, column: str) -> Any:
    return rows_of(member, data).filter(**{f"{column}__isnull": False})


def opened(member: Member) -> Iterator[tuple[str, str]]:
    """Yield every sealed value of a member, by column. A column without any is one that this test does not fill."""
    for data, each in declared():
        if each.encrypted and each.derived_from is None:
            row = filled(member, data, each.column).first()
            value = getattr(row, each.column, None)
            assert value, f"fill {data.model}.{each.name} in this test"
            for number, text in enumerate(texts(value)):
                if len(text) >= SHORTEST and f"{data.model}.{each.name}" not in KNOWN_ELSEWHERE:
                    yield f"{data.model}.{each.name} {number}", text


def texts(value: Any) -> list[str]:
    if isinstance(value, list | dict):
        parts = value.values() if isinstance(value, dict) else value
        return [text for part in parts for text in texts(part)]
    return value.isoformat().split("\n") if isinstance(value, date) else str(value).split("\n")


# --- looking ------------------------------------------------------------------------------------------------------
def forms_of(text: str) -> set[bytes]:
    """Return the bytes by which a text would be known: in every usual encoding, folded to small letters."""
    plain = text.encode()
    found = {plain, text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode("utf-32-le")}
    found |= {text.encode("latin-1", "ignore"), plain.hex().encode(), quote(text, safe="").encode()}
    found |= {text.encode("unicode_escape"), plain[::-1], pickle.dumps(text)[2:-1]}
    return {form.lower() for form in found if len(form) >= SHORTEST} | _in_base64(plain)


def _in_base64(plain: bytes) -> set[bytes]:
    """Return what of a text does not depend on what stands around it, whatever the alignment."""
    found = set()
    for before, skipped in ((0, 0), (1, 2), (2, 3)):
        whole = base64.b64encode(b"\0" * before + plain)
        kept = whole.rstrip(b"=")[skipped : -1 if b"=" in whole else None]
        found |= {kept, kept.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def places(log: str = "") -> dict[str, bytes]:
    """Return everything that a thief could copy, as bytes by where it lies."""
    found = {"log": log.encode(), "cache": in_cache()}
    found |= {f"session {row.pk[:6]}": repr(SessionStore().decode(row.session_data)).encode() for row in sessions()}
    found |= {f"file {path.name}": path.read_bytes() for path in Path(settings.VAR_DIR).rglob("*") if path.is_file()}
    for alias in connections:
        found |= dumped(alias)
    return found


def sessions() -> Any:
    return Session.objects.all()


def in_cache() -> bytes:
    if "locmem" in settings.CACHES["default"]["BACKEND"]:
        return repr(dict(cache._cache)).encode()
    client = cache._cache.get_client()
    return b"".join(key + (client.dump(key) or b"") for key in client.scan_iter())


def dumped(alias: str) -> dict[str, bytes]:
    """Return a database as its pages and files, or, where it is a server, as what it copies out of every table."""
    database = connections[alias]
    if database.vendor == "sqlite":
        path = str(database.settings_dict["NAME"])
        files = [Path(path + ending) for ending in ("", "-wal", "-journal", "-shm")]
        on_disk = {f"database {file.name}": file.read_bytes() for file in files if file.is_file()}
        database.ensure_connection()
        return on_disk | {f"database {alias}": database.connection.serialize()}
    return {f"table {table}": copied(database, table) for table in database.introspection.table_names()}


def copied(database: Any, table: str) -> bytes:
    with database.cursor() as cursor, cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
        out = b"".join(bytes(part) for part in copy)
    return out + b"".join(bytes.fromhex(found.decode()) for found in re.findall(rb"\\\\x((?:[0-9a-f]{2})+)", out))


def found_in(places: dict[str, bytes], needles: dict[str, str]) -> set[tuple[str, str]]:
    folded = {where: (content, content.lower()) for where, content in places.items()}
    return {
        (what, where)
        for what, text in needles.items()
        for form in forms_of(text)
        for where, (content, small) in folded.items()
        if form in content or form in small
    }


# --- the tests ----------------------------------------------------------------------------------------------------
def test_every_declared_field_is_sealed_or_open_for_a_reason() -> None:
    plain = {f"{data.model}.{each.name}" for data, each in declared() if not each.encrypted}
    derived = {f"{data.model}.{each.name}" for data, each in declared() if each.derived_from}
    assert plain | derived == set(OPEN)


def test_nothing_that_was_told_lies_anywhere_in_the_open(told: Told) -> None:
    assert found_in(places(told.log), told.needles) == set()


def test_the_handle_is_found_everywhere_so_the_looking_is_no_sham(told: Told) -> None:
    found = {where.split()[0] for _, where in found_in(places(told.log), {"handle": told.member.handle})}
    assert found & {"database", "table"}


SEALED = [
    (apps.get_model(data.model), each.column) for data, each in declared() if each.encrypted and not each.derived_from
]


@pytest.mark.parametrize(("model", "column"), SEALED, ids=lambda part: getattr(part, "__name__", part))
def test_a_column_that_is_not_sealed_is_found(model: Any, column: str) -> None:
    """Break the promise for one column at a time, as a plain field would: the search above sees it."""
    rose = make_member("rose")
    Circle.objects.create(owner=rose, name="Family")
    add_second_steps(rose)
    begin_email_change(rose, "rose@new.example")
    Interrupted.objects.create(member=rose, request={"path": "/"}, expires_at=timezone.now())
    SignIn.objects.create(member=rose)
    Event.objects.create(member=rose, kind=Kind.SIGNED_IN)
    _leave_waiting(rose, {})
    _be_reported(rose)
    table, name = model._meta.db_table, model._meta.get_field(column).column
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{table}" SET "{name}" = %s', [b"A plain marker"])
    assert found_in(dumped("default"), {"it": "A plain marker"})
    assert not found_in(dumped("keystore"), {"it": "A plain marker"})


def stored_key(row: Any) -> Any:
    """Return the primary key of a row as its database holds it."""
    return type(row)._meta.pk.get_db_prep_value(row.pk, connection)


def test_every_sealed_column_holds_an_envelope_and_short_values_no_letter(told: Told) -> None:
    for data, each in declared():
        if each.encrypted:
            model: Any = apps.get_model(data.model)
            column, key = model._meta.get_field(each.column).column, model._meta.pk.column
            [row] = filled(told.member, data, each.column)[:1]
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT "{column}" FROM "{model._meta.db_table}" WHERE "{key}" = %s', [stored_key(row)])
                [stored] = cursor.fetchone()
            assert isinstance(stored, bytes | memoryview), f"{data.model}.{each.name}"
            value = getattr(row, each.column)
            assert bytes(stored) not in {text.encode() for text in texts(value)}
            assert len(bytes(stored)) >= 32 + len(texts(value)[0])


def test_a_session_holds_a_number_and_messages_without_values(told: Told) -> None:
    for row in sessions().filter(member=told.member):
        data = SessionStore().decode(row.session_data)
        assert set(data) <= {"_auth_user_id", "_auth_user_backend", "_auth_user_hash", "_messages", *OUR_NUMBERS}
        assert not any(isinstance(data.get(name), dict | list) for name in OUR_NUMBERS)


def test_a_name_lies_open_only_while_it_may_be_seen() -> None:
    rose = make_member("rose", display_name="Marker Openname", audiences={"display_name": Audience.MEMBERS})
    assert Profile.objects.filter(public_name="Marker Openname").exists()
    set_audience(Member.objects.get(pk=rose.pk), "display_name", Audience.FRIENDS)
    assert Profile.objects.filter(pk=rose.pk).values_list("public_name", "name_for_search")[0] == ("", "")


HIDING = {
    "as it is": lambda text: text.encode(),
    "in capitals": lambda text: text.upper().encode(),
    "in UTF-16": lambda text: text.encode("utf-16"),
    "in hexadecimal": lambda text: text.encode().hex().encode(),
    "in an address": lambda text: quote(text).encode(),
    "in base64": lambda text: base64.b64encode(b"it is " + text.encode() + b", really"),
    "in base64, shifted": lambda text: base64.urlsafe_b64encode(b"it is: " + text.encode() + b", really"),
    "pickled": lambda text: pickle.dumps({"value": text}),
}


@pytest.mark.parametrize("hiding", HIDING)
def test_what_lies_open_is_found_however_it_is_written(hiding: str) -> None:
    text = "Marker Ünder a stone"
    assert found_in({"somewhere": b"\0\xff" + HIDING[hiding](text) + b"\0\xff"}, {"it": text})
