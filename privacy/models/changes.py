"""What was changed of somebody's data, without the value."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Change(models.Model):
    """That one field of a member was changed: when, and by whom."""

    class Kind(models.TextChoices):
        VALUE = "value", _("changed")
        AUDIENCE = "audience", _("shown to others than before")

    # What the house narrows by itself is not among them: it would tell the juveniles of a dump apart.
    class By(models.TextChoices):
        MEMBER = "member", _("by you")
        STAFF = "staff", _("by our staff")

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    field = models.CharField(_("field"), max_length=60)
    kind = models.CharField(_("what happened"), max_length=8, choices=Kind.choices, default=Kind.VALUE)
    by = models.CharField(_("by whom"), max_length=6, choices=By.choices, default=By.MEMBER)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("change of your own")
        verbose_name_plural = _("changes of your own")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(kind__in=("value", "audience")), name="privacy_known_kind_of_change"),
            models.CheckConstraint(condition=Q(by__in=("member", "staff")), name="privacy_known_changer"),
        ]
        indexes = [models.Index(fields=["member", "-id"], name="privacy_changes_of_member")]

    def __str__(self) -> str:
        return f"change {self.pk}"
