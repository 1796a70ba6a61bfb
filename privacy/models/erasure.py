"""Leaving: who is to be erased, when, and how far that has come."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import random_number

# What is due is erased within this time.
WITHIN = timedelta(hours=24)


class ErasureRequestQuerySet(models.QuerySet["ErasureRequest"]):
    def due(self, now: datetime) -> Self:
        """Return those that nobody has taken back and whose time has come, or that have a step to be taken."""
        steps = ErasureStep.objects.to_be_taken(now).filter(request=models.OuterRef("pk"))
        begun = Q(begun_at__isnull=False) & models.Exists(steps)
        return self.filter(Q(begun_at=None, due_at__lte=now) | begun, kept_at=None, done_at=None)

    def overdue(self, now: datetime) -> Self:
        """Return those that should have been carried out by now and are not."""
        return self.filter(kept_at=None, erased_at=None, due_at__lte=now - WITHIN)


class ErasureRequest(models.Model):
    """That an account is to be erased: by whom, since when, when it falls due unless it is kept, and what came of it.

    It outlives the member: then it names nobody, and says that somebody was erased.
    """

    class Origin(models.TextChoices):
        MEMBER = "member", _("the member themself")
        STAFF = "staff", _("staff, at the member's request")
        CHILD = "child", _("staff: it was a child's account")
        AGAIN = "again", _("nobody: a backup had brought back who was erased")

    id = models.BigIntegerField(primary_key=True, default=random_number, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="erasure_requests")
    origin = models.CharField(_("asked for by"), max_length=8, choices=Origin.choices, default=Origin.MEMBER)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # A word or the number of a case, never a name.
    because = models.CharField(_("because of"), max_length=60, blank=True)
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    due_at = models.DateTimeField(_("due"))
    # Set when the member came back: nothing was erased.
    kept_at = models.DateTimeField(_("kept after all"), null=True)
    begun_at = models.DateTimeField(_("begun"), null=True)
    # Nothing is left but what is held, and what is still to be told to others.
    erased_at = models.DateTimeField(_("erased"), null=True)
    done_at = models.DateTimeField(_("done"), null=True)
    # Digest of the certificate: it names no one, and shows that one that is presented is the one that was issued.
    certificate = models.CharField(_("fingerprint of the certificate"), max_length=64, blank=True)

    objects = ErasureRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for erasure")
        verbose_name_plural = _("requests for erasure")
        permissions: ClassVar = [("retry_erasurerequest", "Can have steps of an erasure tried again at once")]
        constraints = (
            models.CheckConstraint(condition=Q(due_at__gte=F("asked_at")), name="privacy_erasure_due_after_asked"),
            models.CheckConstraint(condition=Q(kept_at=None) | Q(begun_at=None), name="privacy_erasure_begun_or_kept"),
            models.UniqueConstraint(fields=["member"], condition=Q(kept_at=None), name="privacy_one_erasure_under_way"),
        )
        indexes = (
            models.Index(fields=["due_at"], condition=Q(kept_at=None, done_at=None), name="privacy_erasure_due"),
        )

    def __str__(self) -> str:
        return f"request for erasure {self.pk}"


class ErasureStepQuerySet(models.QuerySet["ErasureStep"]):
    def to_be_taken(self, now: datetime) -> Self:
        """Return steps whose time has come and that nobody is taking, or whose worker went away."""
        waiting = Q(state__in=OPEN, due_at__lte=now)
        return self.filter(waiting | Q(state=ErasureStep.State.RUNNING, lease_until__lte=now))

    def stuck(self) -> Self:
        """Return steps that failed the last time, or whose recipients have been silent for too long."""
        return self.filter(state__in=(ErasureStep.State.FAILED, ErasureStep.State.ESCALATED))


class ErasureStep(models.Model):
    """One thing to be done for a request. It can be done twice without harm, and whoever is killed leaves it to others.

    ``stage`` says what has to be over before: a step waits until every earlier stage but the first is done or held.
    """

    class Phase(models.TextChoices):
        RECIPIENTS = "recipients", _("recipients")
        DATA = "data", _("data")
        IDENTITY = "identity", _("identity")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("under way")
        DONE = "done", _("done")
        HELD = "held", _("held by law")
        FAILED = "failed", _("failed, will be tried again")
        ESCALATED = "escalated", _("no answer for too long")

    # Also the number of the key that seals what is held.
    id = models.BigIntegerField(primary_key=True, default=random_number, editable=False)
    request = models.ForeignKey(ErasureRequest, models.CASCADE, related_name="steps")
    phase = models.CharField(_("phase"), max_length=10, choices=Phase.choices)
    stage = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("step"), max_length=120)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    # How many rows there were before any was erased; None where nothing is counted.
    rows = models.PositiveBigIntegerField(_("rows"), null=True)
    # The class of what went wrong the last time, and never its words.
    error = models.CharField(_("class of error"), max_length=60, blank=True)
    due_at = models.DateTimeField(_("not before"), default=timezone.now)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(_("done"), null=True)
    # Whether what is held was sealed anew under a key of this step.
    has_key = models.BooleanField(default=False)
    # By what a recipient knows whom to erase (see ``privacy.erasure.recalling``); forgotten once they have.
    reference = models.CharField(max_length=40, blank=True)

    objects = ErasureStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of an erasure")
        verbose_name_plural = _("steps of an erasure")
        constraints = (
            models.UniqueConstraint(fields=["request", "name"], name="privacy_each_step_once"),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | (~Q(state="done") & Q(done_at=None)),
                name="privacy_step_done_at_its_end",
            ),
        )
        indexes = (models.Index(fields=["due_at"], condition=~Q(state="done"), name="privacy_step_due"),)

    def __str__(self) -> str:
        return f"{self.name} of request {self.request_id}"

    @property
    def has_passed(self) -> bool:
        """Say whether what comes after it may begin."""
        return self.state in PASSED


OPEN = (
    ErasureStep.State.WAITING,
    ErasureStep.State.FAILED,
    ErasureStep.State.HELD,
    ErasureStep.State.ESCALATED,
)
PASSED = (ErasureStep.State.DONE, ErasureStep.State.HELD)
