"""What signing in leaves behind: observed to keep accounts safe, for ninety days, sealed where it tells of a person."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import DeleteRow
from catalogue.registry import register
from catalogue.vocabulary import Category, Purpose

KEPT = timedelta(days=90)


def _observed(name: str, label: Any, **particulars: Any) -> PersonalField:
    """Return the declaration of something that is noticed while a member uses the site."""
    usual: dict[str, Any] = {"category": Category.OBSERVED, "purpose": Purpose.SECURITY, "erasure": DeleteRow()}
    return PersonalField(name=name, label=label, **(usual | particulars))


def _for_ninety_days(name: str, label: Any, since: str, **particulars: Any) -> PersonalField:
    return _observed(name, label, keep_for=KEPT, counted_from=since, **particulars)


def _until_expired(name: str, label: Any, expiry: str, **particulars: Any) -> PersonalField:
    """Return the declaration of what ends at a moment of its own: within the hour by the clock, a day at the latest."""
    return _observed(name, label, keep_for=timedelta(days=1), counted_from=expiry, **particulars)


register(
    PersonalData(
        model="security.Browser",
        subjects=("member",),
        fields=(
            _for_ninety_days("first_seen_at", _("Browser first seen"), "last_seen_at"),
            _for_ninety_days("last_seen_at", _("Browser last seen"), "last_seen_at"),
        ),
        not_personal={
            "id": "number of the row",
            "digest": "digest of a random number",
            "member": "whose browser it is",
        },
    )
)
register(
    PersonalData(
        model="security.SignIn",
        subjects=("member",),
        fields=(
            _for_ninety_days("device", _("Device"), "seen_at", encrypted=True),
            _for_ninety_days("network", _("Network"), "seen_at", encrypted=True),
            _for_ninety_days("started_at", _("Signed in"), "seen_at"),
            _for_ninety_days("seen_at", _("Last seen"), "seen_at"),
        ),
        not_personal={"id": "random number", "member": "who signed in", "browser": "which browser"},
    )
)
register(
    PersonalData(
        model="security.Session",
        subjects=("member",),
        fields=(
            _until_expired(
                "session_data",
                _("Signed-in browser"),
                "expire_date",
                purpose=Purpose.SIGN_IN,
                withheld=_("Whoever has it is signed in."),
            ),
        ),
        not_personal={
            "session_key": "digest of a random number",
            "expire_date": "when the row goes",
            "member": "whose session it is",
            "sign_in": "which sign-in it belongs to",
        },
    )
)
register(
    PersonalData(
        model="security.Interrupted",
        subjects=("member",),
        fields=(
            _until_expired(
                "request",
                _("Form waiting for a fresh sign-in"),
                "expires_at",
                category=Category.UPLOADED,
                encrypted=True,
                withheld=_("It holds what you typed, a password perhaps."),
            ),
        ),
        not_personal={"id": "random number", "member": "whose form it is", "expires_at": "when the row goes"},
    )
)
register(
    PersonalData(
        model="security.Event",
        subjects=("member",),
        fields=(
            _for_ninety_days("kind", _("What happened"), "at"),
            _for_ninety_days("at", _("When it happened"), "at"),
            _for_ninety_days("device", _("On which device"), "at", encrypted=True),
            _for_ninety_days("network", _("From which network"), "at", encrypted=True),
            _for_ninety_days("answered_at", _("When you said whether it was you"), "at"),
            _for_ninety_days("disowned_at", _("When you said that it was not you"), "at"),
        ),
        not_personal={
            "id": "number of the row",
            "member": "whose account it is",
            "browser": "which browser",
            "is_alert": "whether it is shown until it is answered",
        },
    )
)
register(
    PersonalData(
        model="security.Token",
        subjects=("member",),
        fields=(_until_expired("purpose", _("Link that was mailed"), "expires_at", masked=False),),
        not_personal={
            "digest": "digest of a random number",
            "event": "which event it was mailed about",
            "expires_at": "when the row goes",
            "member": "whose link it is",
        },
    )
)
register(
    PersonalData(
        model="security.Allowance",
        not_personal={"digest": "keyed digest of who and what, which tells neither", "full_at": "when the row goes"},
    )
)


def _step(name: str, label: Any, **particulars: Any) -> PersonalField:
    """Return the declaration of something about a second step of signing in."""
    return _observed(name, label, **({"category": Category.UPLOADED, "purpose": Purpose.SIGN_IN} | particulars))


def _about_steps(**columns: str) -> dict[str, str]:
    return {"id": "number of the row", "user": "whose it is", "confirmed": "whether it counts yet", **columns}


ALWAYS = (
    _step("name", _("Name of a second step"), encrypted=True),
    _step("created_at", _("Second step added"), category=Category.OBSERVED),
    _step("kept_at", _("Second step kept"), category=Category.OBSERVED),
    _step("last_used_at", _("Second step last used"), category=Category.OBSERVED),
)
register(
    PersonalData(
        model="security.AuthenticatorApp",
        subjects=("user",),
        fields=(
            *ALWAYS,
            _step(
                "secret",
                _("Secret of an authenticator app"),
                encrypted=True,
                withheld=_("Whoever has it has your second step."),
            ),
        ),
        not_personal=_about_steps(last_step="which code was used last"),
    )
)
register(PersonalData(model="security.RecoveryCodes", subjects=("user",), fields=ALWAYS, not_personal=_about_steps()))
register(
    PersonalData(
        model="security.RecoveryCode",
        subjects=("sheet__user",),
        not_personal={"id": "number of the row", "sheet": "whose it is", "digest": "digest of a random number"},
    )
)
register(
    PersonalData(
        model="security.StepRemoval",
        subjects=("member",),
        fields=(
            _step("added_from", _("Second steps in question: added from"), category=Category.OBSERVED),
            _step("asked_at", _("Second steps in question: since"), category=Category.OBSERVED),
            _step("due_at", _("Second steps in question: until"), category=Category.OBSERVED),
        ),
        not_personal={"id": "number of the row", "member": "whose they are"},
    )
)
register(
    PersonalData(
        model="security.Passkey",
        subjects=("user",),
        fields=ALWAYS,
        not_personal=_about_steps(
            aaguid="always empty",
            credential_type="always the same word",
            credential_id="random number",
            credential_id_sha256="digest of a random number",
            public_key="random and public",
            transports="how the device can be reached",
            sign_count="how often it was used, where it counts",
            backup_eligible="kind of device",
            backup_state="kind of device",
            discoverable="kind of device",
        ),
    )
)
# Of the package, in whose tables nothing else is kept: see docs/decisions.
register(
    PersonalData(
        model="django_otp_webauthn.WebAuthnUserHandle",
        subjects=("user",),
        fields=(
            _step("handle_hex", _("Random number by which passkeys know you"), withheld=_("Your passkeys have it.")),
        ),
        not_personal={"user": "whose number it is"},
    )
)
register(
    PersonalData(
        model="django_otp_webauthn.WebAuthnCredential",
        not_personal=dict.fromkeys(
            (
                *(
                    "id",
                    "user",
                    "name",
                    "confirmed",
                    "created_at",
                    "last_used_at",
                    "credential_type",
                    "credential_id",
                ),
                *("public_key", "transports", "sign_count", "backup_eligible", "backup_state", "aaguid"),
                *("credential_id_sha256", "discoverable"),
            ),
            "of a table that stays empty: passkeys lie in security.Passkey",
        ),
    )
)
