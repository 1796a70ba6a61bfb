"""Passkeys (WebAuthn): the package verifies them, here is what of it is ours.

Nothing that a browser sends may become an error of the server, nor come back in an answer or a log.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_otp_webauthn.exceptions import OTPWebAuthnApiError
from django_otp_webauthn.helpers import WebAuthnHelper
from django_otp_webauthn.utils import pywebauthn_exceptions

from . import events
from .allowances import Limit, take
from .models import Kind, Passkey
from .observing import network_of, observe
from .removing import is_in_question

# A browser asks twice for each use. Whoever asks in masses would leave sessions behind in masses.
ASKING = Limit("passkeys: network", 120, timedelta(seconds=2))
# What the package and its libraries raise over bytes that are not what they should be.
OVER_BYTES = (
    OTPWebAuthnApiError,
    pywebauthn_exceptions.WebAuthnException,
    InvalidSignature,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    EOFError,
    struct.error,
    DataError,
    IntegrityError,
)


class Refused(OTPWebAuthnApiError):  # type: ignore[misc]  # the package has no types
    """One answer to unknown, removed, suspended, copied and forged alike."""

    status_code = 422
    default_code = "refused"
    default_detail = _("This passkey opens nothing here. Try another one, or another way to sign in.")


class NotAdded(OTPWebAuthnApiError):  # type: ignore[misc]  # the package has no types
    status_code = 422
    default_code = "not_added"
    default_detail = _("This passkey could not be added. Try once more, or with another device.")


class TooOften(OTPWebAuthnApiError):  # type: ignore[misc]  # the package has no types
    status_code = 429
    default_code = "too_often"
    default_detail = _("That was tried too often. Try again in a minute.")


class TooLongAgo(OTPWebAuthnApiError):  # type: ignore[misc]  # the package has no types
    status_code = 403
    default_code = "not_fresh"
    default_detail = _("It is a while since you signed in. Load this page anew, then try once more.")


class Helper(WebAuthnHelper):  # type: ignore[misc]  # the package has no types
    """Registers and verifies. Where a device comes from is not asked, and what it says of it is not kept."""

    name = ""

    def create_credential(self, *args: Any) -> Passkey:
        """Return the passkey, under the name that its owner gave it."""
        passkey: Passkey = super().create_credential(*args)
        passkey.name = self.name
        passkey.aaguid = ""  # the make of the device: nothing here needs it
        return passkey

    def create_attestation(self, credential: Any, attestation_object: bytes, client_data_json: bytes) -> None:
        """Keep nothing: an attestation may tell one device from all others."""


@contextmanager
def refusing(answer: type[OTPWebAuthnApiError]) -> Iterator[None]:
    """Give ``answer`` to whatever is wrong with what was sent, and say no more."""
    try:
        with transaction.atomic():
            yield
    except OVER_BYTES:
        raise answer from None


def count_asking(request: HttpRequest) -> None:
    """Count one more that asks for a challenge. Raises ``TooOften``."""
    if take(ASKING, network_of(request.META.get("REMOTE_ADDR", "")) or "") is not None:
        raise TooOften


def add_passkey(request: HttpRequest, member: Any, *, state: Any, data: Any, name: str) -> Passkey:
    """Store the passkey that a browser has made for ``member``. Raises ``NotAdded``."""
    helper = Helper(request)
    helper.name = name
    with refusing(NotAdded):
        passkey: Passkey = helper.register_complete(user=member, state=state, data=data)
        events.happened(member, Kind.FACTOR_ADDED, seen=observe(request))
    return passkey


def used_passkey(request: HttpRequest, member: Any, *, state: Any, data: Any) -> Passkey:
    """Return the passkey that a browser has just used, of ``member`` if one is named. Raises ``Refused``.

    One whose counter goes backwards is a copy, and is refused as well. So is one that is in question where nobody has
    shown a password yet.
    """
    with refusing(Refused):
        passkey: Passkey = Helper(request).authenticate_complete(user=member, state=state, data=data)
    if not passkey.confirmed or not is_active(passkey.user) or (member is None and is_in_question(passkey)):
        raise Refused
    return passkey


def is_active(member: Any) -> bool:
    """Say whether ``member`` may sign in."""
    return bool(type(member)._default_manager.able_to_sign_in().filter(pk=member.pk).exists())


def are_here(request: HttpRequest) -> bool:
    """Say whether browsers take passkeys of this site at the host they were asked for it."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    name: str = settings.OTP_WEBAUTHN_RP_ID
    return host == name or host.endswith(f".{name}")


def address_here(request: HttpRequest) -> str:
    """Return the address of the same page where browsers take passkeys."""
    return f"{settings.OTP_WEBAUTHN_ALLOWED_ORIGINS[0]}{request.get_full_path()}"
