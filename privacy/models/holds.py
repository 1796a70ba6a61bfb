"""What the law forbids to erase for a while: whose, which models, on what ground, and until when."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import random_number

FILE_NUMBER = RegexValidator(r"\A[A-Za-z0-9 ./:()-]+\Z", _("A file number: letters, digits and . / : ( ) - only."))


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    def in_force(self, now: datetime) -> Self:
        """Return those that hold something at ``now``."""
        return self.filter(lifted_at=None, ends_at__gt=now)

    def to_be_told(self, now: datetime) -> Self:
        """Return those in force of which the person concerned may know."""
        return self.in_force(now).filter(Q(secret_until=None) | Q(secret_until__lte=now))


class LegalHold(models.Model):
    """Named data of one member that may not be erased before a day. One of the staff asks for it, another approves."""

    class Ground(models.TextChoices):
        COURT = "court", _("order of a court")
        AUTHORITY = "authority", _("order of an authority")
        CLAIM = "claim", _("a legal claim is being made or defended")
        DUTY = "duty", _("a duty by law to keep records")

    id = models.BigIntegerField(primary_key=True, default=random_number, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="legal_holds")
    ground = models.CharField(_("ground"), max_length=9, choices=Ground.choices)
    reference = models.CharField(
        _("file number"),
        max_length=40,
        validators=[FILE_NUMBER],
        help_text=_("As the court or authority writes it. No name of a person."),
    )
    # Labels of declared models; what their rows hang on is held with them.
    held = models.JSONField(_("what is held"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    asked_end = models.DateTimeField(_("asked until"))
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(_("approved"), null=True)
    ends_at = models.DateTimeField(_("holds until"), null=True)
    # As long as the law forbids to tell the person concerned.
    secret_until = models.DateTimeField(_("not told before"), null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    lifted_at = models.DateTimeField(_("lifted"), null=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        permissions: ClassVar = [("approve_legalhold", "Can approve legal holds that others asked for")]
        constraints = (
            models.CheckConstraint(
                condition=Q(approved_by=None) | Q(asked_by=None) | ~Q(approved_by=F("asked_by")),
                name="privacy_hold_approved_by_another",
            ),
            models.CheckConstraint(condition=Q(asked_end__gt=F("asked_at")), name="privacy_hold_ends_after_asked"),
            models.CheckConstraint(
                condition=Q(ground__in=("court", "authority", "claim", "duty")), name="privacy_hold_known_ground"
            ),
        )
        indexes = (models.Index(fields=["member", "ends_at"], name="privacy_holds_of_a_member"),)

    def __str__(self) -> str:
        return f"legal hold {self.pk}"

    @property
    def is_waiting(self) -> bool:
        """Say whether somebody has yet to approve what was asked for last."""
        return self.lifted_at is None and self.approved_at is None
