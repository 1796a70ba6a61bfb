"""The policy itself: its versions, and who agreed to which."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


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
