"""The policy itself: its versions, and who agreed to which."""

import hashlib
import json
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalogue.data_map import data_map
from catalogue.fingerprint import fingerprint
from encryption.blind_index import blind_index


class PolicyStage(models.TextChoices):
    """How far a version of the policy has come. From *published* on it is frozen."""

    DRAFT = "draft", _("being written")
    ASKED = "asked", _("waiting for approval")
    PUBLISHED = "published", _("published")
    WITHDRAWN = "withdrawn", _("withdrawn before its day")


UNPUBLISHED = (PolicyStage.DRAFT, PolicyStage.ASKED)


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    def published(self) -> "PolicyVersionQuerySet":
        """Return what anybody may read, versions whose day is still to come among them, the latest day first."""
        return self.filter(stage=PolicyStage.PUBLISHED).order_by("-effective_at", "-pk")

    def in_force(self) -> "PolicyVersionQuerySet":
        """Return published versions whose day has come, the one in force first."""
        return self.published().filter(effective_at__lte=timezone.now())

    def bring(self, number: str, body: str, effective_at: datetime, mode: str = "tell") -> "PolicyVersion":
        """Publish a version that the site came with: nobody wrote it here, so nobody has to approve it."""
        version = PolicyVersion(number=number, body=body, effective_at=effective_at, mode=mode, came_with_site=True)
        version.freeze()
        version.save()
        return version


class PolicyVersion(models.Model):
    """A numbered text of the policy. Once published nobody changes it: the database refuses to."""

    class Frozen(Exception):
        """The version has been published; what is to be different belongs into a new one."""

    class Mode(models.TextChoices):
        TELL = "tell", _("tell everybody")
        ASK = "ask", _("ask everybody again")

    number = models.CharField(_("number"), max_length=20)
    body = models.TextField(_("text"), help_text=_("Markdown. Each clause begins with “## a. Its title”."))
    summary = models.TextField(_("what changes, in a few sentences"), blank=True)
    mode = models.CharField(_("members are"), max_length=4, choices=Mode.choices, default=Mode.TELL)
    effective_at = models.DateTimeField(_("in force from"))
    stage = models.CharField(_("stage"), max_length=9, choices=PolicyStage.choices, default=PolicyStage.DRAFT)
    came_with_site = models.BooleanField(default=False, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("written by")
    )
    # Everybody who ever had a hand in it. None of them approves it.
    writers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("approved by")
    )
    published_at = models.DateTimeField(_("published"), null=True)
    # What is frozen with the text: what the catalogue said that day, its fingerprint, and a SHA-256 of all of it.
    data_table = models.JSONField(null=True)
    catalogue_fingerprint = models.CharField(max_length=64, blank=True)
    digest = models.CharField(_("SHA-256"), max_length=64, blank=True)

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of the policy")
        verbose_name_plural = _("versions of the policy")
        permissions: ClassVar[list[Any]] = [("approve_policyversion", "Can approve versions of the policy by others")]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["number"], condition=~Q(stage=PolicyStage.WITHDRAWN), name="privacy_one_version_of_a_number"
            ),
            models.CheckConstraint(condition=Q(stage__in=PolicyStage.values), name="privacy_known_stage_of_policy"),
            models.CheckConstraint(
                condition=Q(stage__in=UNPUBLISHED) | (~Q(digest="") & ~Q(published_at=None)),
                name="privacy_published_means_frozen",
            ),
            models.CheckConstraint(condition=~Q(approved_by=F("written_by")), name="privacy_policy_by_somebody_else"),
        ]

    def __str__(self) -> str:
        return f"policy {self.number}"

    def save(self, *args: Any, **options: Any) -> None:
        """Store a version that is not published; raise Frozen for any other."""
        self._refuse_if_published()
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Delete a version that is not published; raise Frozen for any other."""
        self._refuse_if_published()
        return super().delete(*args, **options)

    @property
    def text_digest(self) -> str:
        """Return the SHA-256 of the text alone in hexadecimal, as it is kept with each agreement."""
        return hashlib.sha256(self.body.encode()).hexdigest()

    @property
    def content(self) -> dict[str, Any]:
        """Return what is approved and frozen, the catalogue apart."""
        day = self.effective_at.isoformat()
        return {name: getattr(self, name) for name in ("number", "body", "summary", "mode")} | {"effective_at": day}

    @property
    def seal_of_content(self) -> str:
        """Return what is the same as long as nothing of it is changed: 64 hexadecimal digits."""
        return _sha256(self.content)

    def freeze(self) -> None:
        """Publish it on this object, with what the catalogue says today. It is not stored yet."""
        self.stage, self.published_at = PolicyStage.PUBLISHED, timezone.now()
        self.data_table, self.catalogue_fingerprint = data_map(), fingerprint()
        frozen = {"data": self.data_table, "catalogue": self.catalogue_fingerprint}
        self.digest = _sha256(self.content | frozen)

    def _refuse_if_published(self) -> None:
        # The stage that counts is the stored one, not one that was put on this object.
        kept = PolicyVersion.objects.filter(pk=self.pk).exclude(stage__in=UNPUBLISHED)
        if not self._state.adding and kept.exists():
            raise self.Frozen(_("A published version cannot be changed. Write a new one."))


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


class PolicyAcceptanceQuerySet(models.QuerySet["PolicyAcceptance"]):
    def of(self, member: Any) -> "PolicyAcceptanceQuerySet":
        """Return what ``member`` agreed to, the latest first."""
        return self.filter(member=member.pk).select_related("version").order_by("-accepted_at", "-pk")


class PolicyAcceptance(models.Model):
    """A member agreed to one version: which text, in which language, when.

    It outlives the account, without saying whose it was: who claims a handle can be shown what its owner agreed to,
    and nobody else finds out from it who was here. The database refuses any change but that, and notes when it was.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="acceptances")
    text_digest = models.CharField(max_length=64)
    language = models.CharField(max_length=10)
    accepted_at = models.DateTimeField(default=timezone.now)
    # A keyed digest of the handle.
    pseudonym = models.BinaryField(max_length=32)
    left_at = models.DateTimeField(null=True)

    objects = PolicyAcceptanceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "version"], name="one_acceptance_per_version")]
        indexes = [models.Index(fields=["left_at"], condition=~Q(left_at=None), name="privacy_acceptances_left")]

    def __str__(self) -> str:
        return f"acceptance {self.pk}"


def pseudonym_of(handle: str) -> bytes:
    """Return by what the agreements of ``handle`` are found once the account is gone: 32 bytes."""
    return blind_index("privacy_policyacceptance.pseudonym", handle)
