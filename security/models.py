"""How a member gets in, what was observed of it, and what proves that it is them."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, TimestampMixin
from django_otp_webauthn.models import AbstractWebAuthnCredential

from encryption.fields import EncryptedCharField, EncryptedJSONField, SealedQuerySet


def _observation() -> EncryptedCharField:
    return EncryptedCharField(max_length=120, null=True, subject="member_id")


def _name() -> EncryptedCharField:
    return EncryptedCharField(_("name"), max_length=64, subject="user_id")


def _kept() -> Any:
    """Return the field of when a second step that was in question was used beside the password, and so is kept."""
    return models.DateTimeField(null=True)


def _owner() -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")


# --- being signed in ----------------------------------------------------------------------------------------------
class Browser(models.Model):
    """A browser in which a member has signed in before. A cookie carries what ``digest`` is of."""

    digest = models.CharField(max_length=64, unique=True)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="browsers")
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"browser of member {self.member_id}"


class SignIn(models.Model):
    """One time that a member signed in, with what was observed of it. It lasts as long as its session does."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins")
    browser = models.ForeignKey(Browser, models.SET_NULL, null=True, related_name="sign_ins")
    device = _observation()
    network = _observation()
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    objects = SealedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"sign-in of member {self.member_id}"


class Session(AbstractBaseSession):
    """What a browser is remembered by. ``session_key`` holds the digest of what the cookie carries."""

    session_key = models.CharField(max_length=64, primary_key=True)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions")
    sign_in = models.ForeignKey(SignIn, models.CASCADE, null=True, related_name="sessions")

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    def __str__(self) -> str:
        return f"session of member {self.member_id}"


class Interrupted(models.Model):
    """What a member sent when a fresh sign-in was due, sealed, until it goes on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    request = EncryptedJSONField(subject="member_id")
    expires_at = models.DateTimeField(db_index=True)

    objects = SealedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"interrupted request of member {self.member_id}"


# --- what happened ------------------------------------------------------------------------------------------------
class Kind(models.TextChoices):
    """What can happen to the security of an account, in words for its owner."""

    SIGNED_IN = "signed-in", _("Signed in")
    NEW_BROWSER = "new-browser", _("Signed in from a new browser")
    NEW_NETWORK = "new-network", _("Signed in from a new network")
    MANY_FAILURES = "many-failures", _("Somebody tried many passwords or codes")
    PASSWORD_CHANGED = "password-changed", _("Password changed")
    PASSWORD_RESET = "password-reset", _("Password set anew by a mailed link")
    FACTOR_ADDED = "factor-added", _("Second step added")
    FACTOR_REMOVED = "factor-removed", _("Second step removed")
    CODES_MADE = "codes-made", _("New recovery codes made")
    FIRST_CODES = "first-codes", _("Recovery codes made with a second step")
    CODE_USED = "code-used", _("Recovery code used")
    EMAIL_ASKED = "email-asked", _("Change of the e-mail address begun")
    EMAIL_CHANGED = "email-changed", _("E-mail address changed")
    EMAIL_STOPPED = "email-stopped", _("Change of the e-mail address stopped")
    PHONE_VERIFIED = "phone-verified", _("Phone number confirmed")
    PHONE_ADDED = "phone-added", _("Phone number added")
    PHONE_CHANGED = "phone-changed", _("Phone number changed")
    PHONE_REMOVED = "phone-removed", _("Phone number removed")
    SESSIONS_ENDED = "sessions-ended", _("Signed out elsewhere")
    NOT_ME = "not-me", _("You said that it was not you")
    GAVE_AWAY = "gave-away", _("You said that somebody knows your password")
    STEPS_SEEN = "steps-seen", _("You looked over your second steps")
    CONTACT_SEEN = "contact-seen", _("You looked over your e-mail address and phone number")
    AUDIENCES_SEEN = "audiences-seen", _("You looked over who sees what")
    ROLES_CHANGED = "roles-changed", _("Roles changed")
    NOT_ME_STEPS = "not-me-steps", _("You said that it was not you, and second steps may go")
    STEPS_KEPT = "steps-kept", _("Second steps kept after all")
    CANCELLED = "cancelled", _("Account cancelled")
    ACCOUNT_KEPT = "account-kept", _("Account kept after all")


class Event(models.Model):
    """Something that happened to the security of an account."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="security_events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField(default=timezone.now)
    device = _observation()
    network = _observation()
    # The browser it happened in, if it was known: it cannot say of itself that it is the member's.
    browser = models.ForeignKey(Browser, models.SET_NULL, null=True, related_name="+")
    # An alert stays on the member's pages until they have said whether it was them.
    is_alert = models.BooleanField(default=False)
    answered_at = models.DateTimeField(null=True)
    # Once its member has said that it was not them: a second press of the same link only leads on.
    disowned_at = models.DateTimeField(null=True)

    objects = SealedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["member", "-at"], name="events_of_a_member")]

    def __str__(self) -> str:
        return f"{self.kind} of member {self.member_id}"


class Token(models.Model):
    """A link that was mailed. Only the digest of what it carries is kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    purpose = models.CharField(max_length=20)
    event = models.ForeignKey(Event, models.CASCADE, null=True, related_name="+")
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.purpose} token of member {self.member_id}"


class Allowance(models.Model):
    """How far somebody has used up what is allowed in a time. A keyed digest stands for who and what."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    # When the whole allowance will be there again: the row says nothing any more from then on.
    full_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return "allowance"


# --- second steps -------------------------------------------------------------------------------------------------
class AuthenticatorApp(TimestampMixin, Device):  # type: ignore[misc]  # the package has no types
    """An app that shows six digits (RFC 6238)."""

    user = _owner()
    name = _name()
    secret = EncryptedCharField(max_length=64, subject="user_id")
    # The number of the last 30 seconds whose code was taken: that code and earlier ones are not taken again.
    last_step = models.BigIntegerField(default=-1)
    kept_at = _kept()

    class Meta:
        verbose_name = _("authenticator app")
        verbose_name_plural = _("authenticator apps")

    def __str__(self) -> str:
        return f"authenticator app of member {self.user_id}"


class RecoveryCodes(TimestampMixin, Device):  # type: ignore[misc]  # the package has no types
    """A sheet of codes for who has nothing else at hand."""

    user = _owner()
    name = _name()
    kept_at = _kept()

    class Meta:
        verbose_name = _("recovery codes")
        verbose_name_plural = _("recovery codes")

    def __str__(self) -> str:
        return f"recovery codes of member {self.user_id}"


class RecoveryCode(models.Model):
    """One code of a sheet. Only its digest is kept, and it goes when the code is used."""

    sheet = models.ForeignKey(RecoveryCodes, models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class StepRemoval(models.Model):
    """Second steps of a member that are in question: those added between two moments (see ``security.removing``)."""

    member = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    added_from = models.DateTimeField()
    asked_at = models.DateTimeField()
    # Never, for staff.
    due_at = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return f"removal of second steps of member {self.member_id}"


class Passkey(AbstractWebAuthnCredential):  # type: ignore[misc]  # the package has no types
    """A key that stays in a member's device (WebAuthn). What is kept of it is public."""

    user = _owner()
    name = _name()
    kept_at = _kept()

    class Meta(AbstractWebAuthnCredential.Meta):  # type: ignore[misc]  # the package has no types
        abstract = False
        verbose_name = _("passkey")
        verbose_name_plural = _("passkeys")

    def __str__(self) -> str:
        return f"passkey of member {self.user_id}"
