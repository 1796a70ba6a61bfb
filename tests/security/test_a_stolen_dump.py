"""What a copy of the database opens without the key file: nothing. What is genuine opens, or these tests prove nothing.

Whoever adds a new kind of link, or a column that could open something, finds a test here that fails until it is listed.
"""

import base64
import hashlib
import time
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_otp.oath import hotp

from accounts.mail import reset_password
from accounts.models import Member, StaffInvitation
from notifications import sending
from notifications.models import Notification, Preference
from notifications.sending import notify
from notifications.topics import Topic
from notifications.unsubscribing import token_for
from privacy.notices.settings import CHECK_UP
from security import recovery, tokens
from security.authenticator import STEP_SECONDS, accept_code, new_secret
from security.browsers import known_browser
from security.events import NOWHERE
from security.models import AuthenticatorApp, Browser, Event, Kind, RecoveryCode, Session, Token
from tests import factories

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.promise("K2"),
    pytest.mark.promise("K3"),
    pytest.mark.promise("N1"),
]
PRIVATE = "/settings/privacy/"
# Where the link of each purpose leads.
DOORS = {
    "verify-email": "/join/confirm/{}/",
    "reset-password": "/password/reset/{}/",
    "change-email": "/email/confirm/{}/",
    "stop-email": "/email/stop/{}/",
    "not-me": "/security/not-me/{}/",
    "new-password": "/security/not-me/{}/password/",
    "invite-staff": "/staff/invitation/{}/",
    "keep-account": "/cancelled/keep/{}/",
}
ABOUT_AN_EVENT = {"not-me", "new-password"}
# Every column that could be mistaken for a key to something, and what it is.
HOLDS_NO_KEY = {
    "accounts.Member.password": "Argon2id",
    "accounts.PhoneCode.digest": "keyed digest",
    "accounts.ReservedHandle.digest": "keyed digest",
    "accounts.StaffInvitation.digest": "digest of 256 random bits",
    "security.Allowance.digest": "keyed digest",
    "security.AuthenticatorApp.secret": "sealed with the member's key",
    "security.Browser.digest": "digest of 256 random bits",
    "security.Passkey.credential_id": "public",
    "security.Passkey.credential_id_sha256": "public",
    "security.Passkey.credential_type": "public",
    "security.Passkey.public_key": "public",
    "security.RecoveryCode.digest": "digest of a random code",
    "security.Session.session_data": "of a session whose key is not here",
    "security.Session.session_key": "digest of 165 random bits",
    "security.Token.digest": "digest of 256 random bits",
}
SUSPICIOUS = ("code", "credential", "digest", "key", "nonce", "password", "secret", "seed", "session", "token")


def stored(model):
    """Return every cell of a table as the database holds it."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
        return [bytes(cell) if isinstance(cell, memoryview) else cell for row in cursor for cell in row]


def guesses(model):
    """Return what a thief would present: each cell as it is, and what can be made of it."""
    made = set()
    for cell in stored(model):
        raw = cell if isinstance(cell, bytes) else str(cell).encode()
        try:
            inner = bytes.fromhex(raw.decode())
        except (ValueError, UnicodeDecodeError):
            inner = raw
        for each in (raw, inner, hashlib.sha256(raw).digest(), hashlib.sha256(inner).digest()):
            made |= {each.hex(), base64.urlsafe_b64encode(each).decode().rstrip("="), each.hex()[:32]}
        made.add(raw.decode("latin-1"))
        made.add(raw.decode("latin-1").upper())
    return sorted(guess for guess in made if guess.isprintable() and guess and "/" not in guess)


@pytest.fixture
def rose():
    return factories.make_member("rose")


def link_of(purpose):
    """Return a token as it is mailed, and the table that knows it."""
    if purpose == "invite-staff":
        until = timezone.now() + timedelta(days=1)
        wren = factories.make_member("wren", email_verified_at=None)
        digest = tokens.digest("as-it-was-mailed")
        steward = factories.make_member("steward", is_superuser=True)
        StaffInvitation.objects.create(
            digest=digest, member=wren, invited_by=steward, roles=["support"], expires_at=until
        )
        return "as-it-was-mailed", StaffInvitation
    verified = None if purpose == "verify-email" else timezone.now()
    wren = factories.make_member("wren", email_verified_at=verified)
    if purpose in ("change-email", "stop-email"):
        confirms, stops = factories.begin_email_change(wren, "wren@new.example")
        return confirms if purpose == "change-email" else stops, Token
    event = Event.objects.create(member=wren, kind=Kind.NEW_BROWSER) if purpose in ABOUT_AN_EVENT else None
    if purpose == "keep-account":
        Member.objects.filter(pk=wren.pk).update(cancelled_at=timezone.now())
    if purpose == "new-password":
        Member.objects.filter(pk=wren.pk).update(password=make_password(None))
    return tokens.issue(wren, purpose, event=event), Token


def opens(purpose, token):
    answer = Client().get(DOORS[purpose].format(token), follow=True)
    assert answer.status_code in {200, 400, 404, 410}
    return answer.status_code == 200


def test_every_kind_of_link_is_tried_here():
    assert set(DOORS) == set(settings.TOKEN_LIFETIMES)


@pytest.mark.parametrize("purpose", DOORS)
def test_no_link_can_be_made_of_what_is_stored(purpose):
    token, model = link_of(purpose)
    assert token not in repr(stored(model))
    tried = guesses(model)
    assert len(tried) > 10
    assert [guess for guess in tried if opens(purpose, guess)] == []
    assert opens(purpose, token)


def test_every_column_that_could_open_something_is_known_here():
    names = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in ("accounts", "security")
        for field in model._meta.concrete_fields
        if not field.is_relation and any(word in field.name for word in SUSPICIOUS)
    }
    assert names == set(HOLDS_NO_KEY)


def test_no_session_can_be_made_of_what_is_stored(rose):
    browser = Client()
    browser.post("/sign-in/", {"email": "rose@example.org", "password": factories.PASSWORD})
    thief = Client()
    tried = guesses(Session)
    assert browser.cookies["session"].value not in tried
    for guess in tried:
        thief.cookies["session"] = guess
        assert thief.get(PRIVATE).status_code == 302, guess
    assert browser.get(PRIVATE).status_code == 200


def test_no_browser_is_known_by_what_is_stored_of_it(rose, rf):
    browser = Client()
    browser.post("/sign-in/", {"email": "rose@example.org", "password": factories.PASSWORD})
    request = rf.get("/")
    for guess in guesses(Browser):
        request.COOKIES = {"browser": guess}
        assert known_browser(request, rose) is None
    request.COOKIES = {"browser": browser.cookies["browser"].value}
    assert known_browser(request, rose) is not None


def test_no_password_can_be_made_of_what_is_stored(rose):
    thief = Client()
    for guess in [rose.password, *rose.password.split("$")]:
        thief.post("/sign-in/", {"email": "rose@example.org", "password": guess})
        assert thief.get(PRIVATE).status_code == 302
    thief.post("/sign-in/", {"email": "rose@example.org", "password": factories.PASSWORD})
    assert thief.get(PRIVATE).status_code == 200


def test_no_code_can_be_made_of_the_sealed_secret_of_an_authenticator_app(rose):
    with time_machine.travel(timezone.now(), tick=False):
        secret = new_secret()
        AuthenticatorApp.objects.create(user=rose, name="App", secret=secret, confirmed=True)
        assert secret.encode() not in b"".join(cell for cell in stored(AuthenticatorApp) if isinstance(cell, bytes))
        step = int(time.time()) // STEP_SECONDS
        genuine = f"{hotp(base64.b32decode(secret), step):06d}"
        codes = {f"{hotp(guess.encode(), step):06d}" for guess in guesses(AuthenticatorApp)} - {genuine}
        assert [code for code in codes if accept_code(rose, code)] == []
        assert accept_code(rose, genuine) is not None


def test_no_recovery_code_can_be_made_of_what_is_stored(rose):
    code, *_others = factories.make_codes(rose)
    assert code not in repr(stored(RecoveryCode))
    tried = guesses(RecoveryCode)
    assert len(tried) > 10
    assert [guess for guess in tried if recovery.use_code(rose, guess, seen=NOWHERE)] == []
    assert recovery.use_code(rose, code, seen=NOWHERE)


def test_what_is_stored_does_no_second_step_on_the_page(rose, settings):
    settings.LIMITS = False
    with time_machine.travel(timezone.now(), tick=False):
        app, codes = factories.add_app(rose), factories.make_codes(rose)
        thief = Client()
        thief.post("/sign-in/", {"email": "rose@example.org", "password": factories.PASSWORD})
        for guess in guesses(RecoveryCode)[:60]:
            thief.post("/sign-in/verify/", {"recovery_code": guess})
        for guess in guesses(AuthenticatorApp)[:60]:
            thief.post("/sign-in/verify/", {"code": guess[:6]})
        assert thief.get(PRIVATE).status_code == 302
        for genuine in ({"code": factories.code_of(app)}, {"recovery_code": codes[0]}):
            owner = Client()
            owner.post("/sign-in/", {"email": "rose@example.org", "password": factories.PASSWORD})
            owner.post("/sign-in/verify/", genuine)
            assert owner.get(PRIVATE).status_code == 200


def test_no_way_out_of_a_mail_can_be_made_of_what_is_stored(rose):
    genuine = token_for(rose.pk, Topic.NEWS)
    Preference.objects.create(member=rose, topic=Topic.NEWS, wanted=True)
    notify(CHECK_UP, rose)
    tried = {guess for model in (Notification, Preference, Member) for guess in guesses(model)} - {genuine}
    assert len(tried) > 10
    assert [guess for guess in tried if Client().get(f"/unsubscribe/{guess}/").status_code != 404] == []
    assert Client().get(f"/unsubscribe/{genuine}/").status_code == 200


def test_nothing_that_was_mailed_can_be_read_in_the_outbox(rose, monkeypatch):
    monkeypatch.setattr(sending, "ring", lambda: None)
    token = tokens.issue(rose, tokens.RESET_PASSWORD)
    reset_password(rose, token)
    row = Notification.objects.get(notice="reset-password")
    assert row.parameters["token"] == token
    cells = repr(stored(Notification))
    assert token not in cells
    assert "rose@" not in cells
    assert [guess for guess in guesses(Notification) if opens(tokens.RESET_PASSWORD, guess)] == []
    assert opens(tokens.RESET_PASSWORD, token)


def test_nothing_personal_lies_in_the_rows_of_what_keeps_accounts_safe(rose):
    browser = Client(REMOTE_ADDR="198.51.100.77", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    browser.post("/sign-in/", {"email": "rose@example.org", "password": "not the one"})
    browser.post("/sign-in/", {"email": "rose@example.org", "password": factories.PASSWORD})
    for model in apps.get_app_config("security").get_models():
        cells = repr(stored(model))
        assert not [word for word in ("rose@", "198.51", "Firefox", "Linux") if word in cells], model
    assert Member.objects.count() == 1
