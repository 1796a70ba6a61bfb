"""Authenticator apps: six digits that change every thirty seconds (RFC 6238)."""

import base64
import hmac
import secrets
import time
from typing import Any, cast
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django_otp.oath import hotp

from . import events
from .models import AuthenticatorApp, Kind
from .observing import Observation

ISSUER = settings.OTP_WEBAUTHN_RP_NAME
SECRET_BYTES = 20  # as long as the hash of RFC 4226 asks for
STEP_SECONDS = 30
# A clock may be off by one step either way (RFC 6238, section 5.2).
TOLERANCE = 1
DIGITS = 6


def new_secret() -> str:
    """Return a new secret as apps take it: 160 random bits in Base32."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def address_of(secret: str, handle: str) -> str:
    """Return the otpauth: address that an app reads from a picture."""
    label = quote(f"{ISSUER}:{handle}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret.rstrip('='), 'issuer': ISSUER})}"


def picture_of(address: str) -> SafeString:
    """Return the QR code of an address as SVG, for a page."""
    drawn = segno.make(address, error="m").svg_inline(border=4, svgclass=None, lineclass=None, omitsize=True)
    # Drawn here, from an address that was quoted here.
    return mark_safe(drawn)  # noqa: S308


def code_fits(secret: str, code: str, *, after: int = -1) -> int | None:
    """Return the number of the thirty seconds whose code this is, if it is later than ``after``; None if it is none."""
    now = int(time.time()) // STEP_SECONDS
    for step in range(max(now - TOLERANCE, after + 1), now + TOLERANCE + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None


def accept_code(member: Any, code: str) -> AuthenticatorApp | None:
    """Return the app of ``member`` that shows ``code`` now. No code is taken twice, nor one older than the last."""
    for app in AuthenticatorApp.objects.filter(user=member, confirmed=True).order_by("pk"):
        if _use_up(app, code):
            return cast("AuthenticatorApp", app)
    return None


def _use_up(app: Any, code: str) -> bool:
    """Take the code, unless it is none of this app's. What cannot be opened shows no code."""
    step = code_fits(app.secret, code, after=app.last_step) if isinstance(app.secret, str) else None
    if step is None:
        return False
    # One conditional UPDATE decides between two who send the same code at once.
    fresh = AuthenticatorApp.objects.filter(pk=app.pk, last_step__lt=step)
    return bool(fresh.update(last_step=step, last_used_at=timezone.now()))


# --- adding one ---------------------------------------------------------------------------------------------------
def begin_app(member: Any) -> AuthenticatorApp:
    """Return an app with a new secret that ``member`` is about to add. It opens nothing yet."""
    app: AuthenticatorApp = AuthenticatorApp.objects.create(user=member, name="", secret=new_secret(), confirmed=False)
    return app


def waiting_app(member: Any, number: int | None) -> AuthenticatorApp | None:
    """Return the app of that number if ``member`` is about to add it. Whose secret cannot be opened is none."""
    app = AuthenticatorApp.objects.filter(user=member, confirmed=False, pk=number).first()
    return app if app is not None and isinstance(app.secret, str) else None


def is_added(member: Any, number: int | None) -> bool:
    """Say whether the app of that number is one of ``member`` that counts."""
    return bool(AuthenticatorApp.objects.filter(user=member, confirmed=True, pk=number).exists())


@transaction.atomic
def confirm_app(app: Any, code: str, name: str, *, seen: Observation) -> bool:
    """Let ``app`` count from now on, if ``code`` is what it shows; say False if not. That code has been taken then."""
    step = code_fits(app.secret, code)
    if step is None:
        return False
    waiting = AuthenticatorApp.objects.filter(pk=app.pk, confirmed=False)
    if not waiting.update(confirmed=True, last_step=step, created_at=timezone.now()):
        return False
    app.name, app.confirmed, app.last_step = name, True, step
    app.save(update_fields=["name"])
    AuthenticatorApp.objects.filter(user=app.user_id, confirmed=False).delete()
    events.happened(app.user, Kind.FACTOR_ADDED, seen=seen)
    return True


def keep_app(member: Any, secret: str, name: str) -> AuthenticatorApp:
    """Give ``member`` an app whose Base32 ``secret`` was agreed on elsewhere."""
    padded = secret + "=" * (-len(secret) % 8)
    app: AuthenticatorApp = AuthenticatorApp.objects.create(user=member, name=name, secret=padded)
    return app


def code_now(secret: str) -> str:
    """Return the code that an app with ``secret`` shows now."""
    return code_at(secret, int(time.time()) // STEP_SECONDS)


def code_at(secret: str, step: int) -> str:
    """Return the code of the thirty seconds of that number."""
    return f"{hotp(base64.b32decode(secret), step, DIGITS):0{DIGITS}d}"


def in_groups(secret: str) -> str:
    """Return a secret as somebody types it from a page: in groups of four, without padding."""
    plain = secret.rstrip("=")
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))
