"""Doubts about somebody's age: what was told, and what staff made of it."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from encryption.fields import EncryptedJSONField, SealedQuerySet

from .fields import random_number


class AgeCaseQuerySet(SealedQuerySet["AgeCase"]):
    def open(self) -> Self:
        """Return those that are not closed."""
        return self.exclude(stage=AgeCase.Stage.CLOSED)


class AgeCase(models.Model):
    """That somebody's age is in question: they are said to be a child, or they asked for another birth date.

    Who reads the row without the keys learns neither which of the two it is nor what came of it, so it points out no
    juvenile. Who reported is written down nowhere.
    """

    class Stage(models.TextChoices):
        OPEN = "open", _("not looked at")
        LOOKED = "looked", _("being looked at")
        ASKED = "asked", _("the member is asked")
        PROPOSED = "proposed", _("waiting for a second member of staff")
        CLOSED = "closed", _("closed")

    id = models.BigIntegerField(primary_key=True, default=random_number, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="age_cases")
    stage = models.CharField(_("stage"), max_length=8, choices=Stage.choices, default=Stage.OPEN)
    # What was told, one after the other: by whom, as a kind only; in which words; which birth date is said to be right.
    told = EncryptedJSONField(subject="member_id")
    # What staff made of it, and why.
    finding = EncryptedJSONField(null=True, subject="member_id")
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = AgeCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case of age")
        verbose_name_plural = _("cases of age")
        permissions: ClassVar = [
            ("approve_agecase", "Can approve the erasure of a child's account"),
            ("decide_agecase", "Can work on questions about an age"),
            ("report_agecase", "Can say that an account is a child's"),
        ]
        constraints = (
            models.UniqueConstraint(
                fields=["member"], condition=~Q(stage="closed"), name="privacy_one_open_case_of_age"
            ),
            models.CheckConstraint(
                condition=Q(stage="closed", closed_at__isnull=False) | (~Q(stage="closed") & Q(closed_at=None)),
                name="privacy_case_closed_at_its_end",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=("open", "looked", "asked")) | Q(finding__isnull=False),
                name="privacy_case_decided_first",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | Q(decided_by=None) | ~Q(approved_by=F("decided_by")),
                name="privacy_case_by_somebody_else",
            ),
        )
        indexes = (models.Index(fields=["-opened_at", "-id"], name="privacy_cases_of_age"),)

    def __str__(self) -> str:
        return f"case of age {self.pk}"
