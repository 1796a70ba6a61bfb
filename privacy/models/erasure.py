"""Leaving: who is to be erased, and when."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import random_number


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
