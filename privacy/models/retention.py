"""Runs of retention."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RetentionRun(models.Model):
    """One look at everything that has a term: what went of which, and when. At most one is under way."""

    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)
    is_open = models.BooleanField(default=True)
    # Name of the term → how many rows went. What stands here is done.
    counts = models.JSONField(_("rows"), default=dict)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("run of retention")
        verbose_name_plural = _("retention")
        permissions: ClassVar[list[Any]] = [("start_retentionrun", "Can start a run of retention")]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["is_open"], condition=Q(is_open=True), name="privacy_one_run_of_retention"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["-started_at"], name="privacy_runs_by_time")]

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def rows(self) -> int:
        """Return how many rows went."""
        return sum(self.counts.values())
