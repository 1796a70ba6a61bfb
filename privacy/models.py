"""What the policy at work needs to remember: circles, audiences' particulars, defaults, the policy itself."""

import secrets
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalogue.vocabulary import Audience
from encryption.fields import EncryptedCharField, SealedQuerySet

if TYPE_CHECKING:
    _SmallNumber = models.PositiveSmallIntegerField[int, int]
else:
    _SmallNumber = models.PositiveSmallIntegerField


class AudienceField(_SmallNumber):
    """The concrete audience of one value. Only me unless its owner says otherwise."""

    is_audience = True

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("choices", Audience.choices)
        kwargs.setdefault("default", Audience.ONLY_ME)
        super().__init__(**kwargs)


MOST_DIGITS = 19  # of 63 bits


def random_number() -> int:
    """Return 63 random bits: an id that is known before its row is, and tells nobody how many others there are."""
    return secrets.randbits(63) or 1


def number_written(text: str) -> int | None:
    """Return the id that stands in an address, or None for what cannot be one."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None


class Circle(models.Model):
    """A named group of people that its owner picks; nobody else learns that it exists."""

    id = models.BigIntegerField(primary_key=True, default=random_number, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="circles")
    name = EncryptedCharField(_("name"), max_length=80, subject="owner_id")
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, through="CircleMember", related_name="+")
    created_at = models.DateTimeField(default=timezone.now, db_default=Now())

    objects = SealedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"circle {self.pk}"


class CircleMember(models.Model):
    """One person in one circle."""

    circle = models.ForeignKey(Circle, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["circle", "person"], name="once_in_a_circle")]

    def __str__(self) -> str:
        return f"circle {self.circle_id}: member {self.person_id}"


class FieldCircle(models.Model):
    """A circle that an owner chose as the audience of one field."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    field = models.CharField(max_length=32)
    circle = models.ForeignKey(Circle, models.CASCADE, related_name="chosen_for")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "field", "circle"], name="circle_chosen_once_per_field")
        ]

    def __str__(self) -> str:
        return f"member {self.owner_id}: {self.field} to circle {self.circle_id}"


class FieldException(models.Model):
    """Somebody whom an owner excepts from the audience of one field."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    field = models.CharField(max_length=32)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "field", "person"], name="excepted_once_per_field")]
        indexes = [models.Index(fields=["person", "field", "owner"], name="exceptions_of_a_viewer")]

    def __str__(self) -> str:
        return f"member {self.owner_id}: {self.field} except member {self.person_id}"


class FieldDefault(models.Model):
    """The audience that a field starts with when an adult joins. Changing it touches nobody who has joined."""

    field = models.CharField(_("field"), max_length=32, unique=True)
    audience = AudienceField(verbose_name=_("audience"))

    class Meta:
        verbose_name = _("default audience")
        verbose_name_plural = _("default audiences")
        ordering = ["field"]

    def __str__(self) -> str:
        return self.field


class DefaultSet(models.Model):
    """A set of default audiences that was in force for some time: evidence of what a member was offered."""

    fingerprint = models.CharField(max_length=64, unique=True)
    audiences = models.JSONField(help_text=_("field → audience, by its word"))
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"defaults {self.fingerprint[:12]}"


class AgeApplied(models.Model):
    """The adult age that the profiles of all members were last held to. There is one row."""

    age = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"juvenile under {self.age}"


class FieldReview(models.Model):
    """A member has looked over who sees one field. A declared field without a row is new to them."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    field = models.CharField(max_length=32)
    reviewed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "field"], name="one_review_per_field")]

    def __str__(self) -> str:
        return f"member {self.member_id}: {self.field}"


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    def in_force(self) -> "PolicyVersionQuerySet":
        """Return published versions whose day has come, the one in force first."""
        return self.filter(effective_at__lte=timezone.now()).order_by("-effective_at", "-pk")


class PolicyVersion(models.Model):
    """A numbered text of the policy. From its day on nobody changes it: the database refuses to."""

    class Frozen(Exception):
        """The version has been published; what is to be different belongs into a new one."""

    class Mode(models.TextChoices):
        TELL = "tell", _("tell")
        ASK = "ask", _("ask again")

    number = models.CharField(max_length=20, unique=True)
    body = models.TextField(help_text=_("Markdown"))
    mode = models.CharField(max_length=4, choices=Mode.choices, default=Mode.TELL)
    effective_at = models.DateTimeField()

    objects = PolicyVersionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"policy {self.number}"

    def save(self, *args: Any, **options: Any) -> None:
        """Store a new version, or one whose day has not come; raise Frozen for any other."""
        self._refuse_if_published()
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Delete a version whose day has not come; raise Frozen for any other."""
        self._refuse_if_published()
        return super().delete(*args, **options)

    def _refuse_if_published(self) -> None:
        # The day that counts is the stored one, not one that was put on this object.
        if not self._state.adding and PolicyVersion.objects.in_force().filter(pk=self.pk).exists():
            raise self.Frozen(_("A published version cannot be changed. Write a new one."))


class PolicyAcceptance(models.Model):
    """A member agreed to one version: which text, in which language, when."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="acceptances")
    text_digest = models.CharField(max_length=64)
    language = models.CharField(max_length=10)
    accepted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "version"], name="one_acceptance_per_version")]

    def __str__(self) -> str:
        return f"member {self.member_id}: policy {self.version_id}"


class ErasureRequest(models.Model):
    """That an account is to be erased: by whom, since when, and when it falls due unless it is kept."""

    class Origin(models.TextChoices):
        MEMBER = "member", _("the member themself")
        STAFF = "staff", _("staff, at the member's request")

    id = models.BigIntegerField(primary_key=True, default=random_number, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="erasure_requests")
    origin = models.CharField(_("asked for by"), max_length=8, choices=Origin.choices, default=Origin.MEMBER)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    due_at = models.DateTimeField(_("due"))
    # Set when the member came back: nothing was erased.
    kept_at = models.DateTimeField(_("kept after all"), null=True)

    class Meta:
        verbose_name = _("request for erasure")
        verbose_name_plural = _("requests for erasure")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(due_at__gte=models.F("asked_at")), name="privacy_erasure_due_after_asked"
            ),
            models.UniqueConstraint(
                fields=["member"], condition=models.Q(kept_at=None), name="privacy_one_erasure_under_way"
            ),
        )
        indexes = (models.Index(fields=["due_at"], condition=models.Q(kept_at=None), name="privacy_erasure_due"),)

    def __str__(self) -> str:
        return f"request for erasure {self.pk}"
