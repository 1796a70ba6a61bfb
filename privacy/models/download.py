"""Taking everything along: one file for each member that asked, prepared by the worker."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import random_number


class Download(models.Model):
    """One file with everything that is held about a member. There is one at a time for each."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting for a worker")
        PREPARING = "preparing", _("being prepared")
        READY = "ready", _("ready")
        FAILED = "failed", _("could not be prepared")

    id = models.BigIntegerField(primary_key=True, default=random_number, editable=False)
    member = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    asked_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # Rows written so far, and how many there were when it was begun.
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # Written before the part itself, so that whatever was stored is known.
    parts = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(state__in=("queued", "preparing", "ready", "failed")),
                name="privacy_known_state_of_download",
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(ready_at__isnull=False, expires_at__isnull=False),
                name="privacy_ready_means_expiring",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["asked_at"], condition=Q(state__in=("queued", "preparing")), name="privacy_downloads_due"
            ),
        ]

    def __str__(self) -> str:
        return f"download {self.pk}"
