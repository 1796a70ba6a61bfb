"""Who sees what: circles, particulars of audiences, defaults, and what members have looked over."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from encryption.fields import EncryptedCharField, SealedQuerySet

from .fields import AudienceField, random_number


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
