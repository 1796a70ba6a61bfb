"""Authenticator apps: six digits that change every thirty seconds (RFC 6238)."""

import base64
import hmac
import secrets
import time
from typing import Any, cast
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django_otp.oath import hotp

from .models import AuthenticatorApp

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
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': ISSUER})}"


def picture_of(address: str) -> SafeString:
    """Return the QR code of an address as SVG, for a page."""
    drawn = segno.make(address, error="m").svg_inline(scale=4, border=4, svgclass="qr", lineclass=None)
    # Drawn here, from an address that was quoted here.
    return mark_safe(drawn)  # noqa: S308


def code_fits(secret: str, code: str, *, after: int = -1) -> int | None:
    """Return the number of the thirty seconds whose code this is, if it is later than ``after``; None if it is none."""
    key, now = base64.b32decode(secret), int(time.time()) // STEP_SECONDS
    for step in range(max(now - TOLERANCE, after + 1), now + TOLERANCE + 1):
        if hmac.compare_digest(f"{hotp(key, step, DIGITS):0{DIGITS}d}".encode(), code.encode()):
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
