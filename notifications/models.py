"""The outbox: what is to be told to whom, and what became of it; campaigns; and addresses that take nothing."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from encryption.fields import EncryptedCharField, EncryptedJSONField, Sealed, SealedQuerySet
from encryption.keys import DecryptionError

from .channels.kinds import CHOSEN, Channel
from .topics import Topic


class State(models.TextChoices):
    """How far a notice has come. All but the first three are ends."""

    QUEUED = "queued", _("waiting")
    ATTEMPTING = "attempting", _("on its way")
    DEFERRED = "deferred", _("waiting for another try")
    SENT = "sent", _("sent")
    FAILED = "failed", _("given up")
    UNCERTAIN = "uncertain", _("perhaps sent")
    SUPPRESSED = "suppressed", _("held back")
    UNREACHABLE = "unreachable", _("address takes nothing")
    ERASED = "erased", _("recipient erased")


WAITING = (State.QUEUED, State.DEFERRED)
OPEN = (*WAITING, State.ATTEMPTING)
ENDS = tuple(state for state in State if state not in OPEN)


class NotificationQuerySet(SealedQuerySet["Notification"]):
    """Rows of the outbox, by what is to be done with them."""

    def due(self, now: datetime, campaign: int | None = None) -> Self:
        """Those of a campaign, or of none, to be sent now that nobody is holding, in the order in which they go."""
        free = Q(lease_until=None) | Q(lease_until__lte=now)
        waiting = self.filter(free, state__in=WAITING, due_at__lte=now, campaign=campaign)
        return waiting.order_by("can_wait", "due_at", "pk")

    def left_behind(self, now: datetime) -> Self:
        """Those whose sender went away in the middle of sending: nobody knows whether they left."""
        return self.filter(state=State.ATTEMPTING, lease_until__lte=now)

    def let_go(self) -> int:
        """Take those that a worker holds and has not begun to send out of its hands; return how many."""
        return self.filter(state__in=WAITING, lease__isnull=False).update(lease=None, lease_until=None)


class Notification(models.Model):
    """One notice to one member. Its parameters are sealed; unless it stands on the site, they are forgotten once it is
    sent."""

    # Found by the constraint that begins with it: a campaign to a million members writes no index more than it must.
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="notifications", db_index=False
    )
    notice = models.CharField(max_length=60)
    # What it is about: the same is not told twice.
    occasion = models.CharField(max_length=80)
    # What a campaign is filled with stands there, once for all.
    campaign = models.ForeignKey("Campaign", models.PROTECT, null=True, related_name="notifications", db_index=False)
    parameters = EncryptedJSONField(null=True, subject="member_id")
    # By which it goes, or went in the end.
    channel = models.CharField(max_length=5, choices=Channel.choices, default=Channel.EMAIL)
    # Address or number, only where it is not simply the one that the member has when it leaves.
    address = EncryptedCharField(max_length=254, null=True, subject="member_id")
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    # Why it is in this state: a word or a code of the mail server, never its text, which may quote the address.
    reason = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Nobody knew once whether it had left, so it went once more.
    is_repeated = models.BooleanField(default=False)
    # Many are told the same, so it goes after what concerns one member alone.
    can_wait = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    settled_at = models.DateTimeField(null=True)
    # Whether it stands in the inbox, and has been looked at there: when, is nobody's business.
    is_on_site = models.BooleanField(default=False)
    is_read = models.BooleanField(default=False)
    # Number of the key that seals a letter to an address without a member (see ``farewells``); None for all others.
    sealed_by = models.BigIntegerField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        permissions: ClassVar[list[Any]] = [("retry_notification", "Can have notices tried again that were given up")]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["member", "notice", "occasion"], name="notifications_told_once"),
            models.UniqueConstraint(
                fields=["sealed_by"], condition=Q(sealed_by__isnull=False), name="notifications_one_farewell"
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="notifications_known_state"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="notifications_known_channel"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, settled_at=None) | Q(state__in=ENDS, settled_at__isnull=False),
                name="notifications_settled_at_its_end",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["can_wait", "due_at", "id"],
                condition=Q(state__in=WAITING, campaign=None),
                name="notifications_due",
            ),
            models.Index(
                fields=["campaign", "can_wait", "due_at", "id"],
                condition=Q(state__in=WAITING, campaign__isnull=False),
                name="notifications_due_of_campaign",
            ),
            models.Index(
                fields=["campaign", "state"], condition=Q(campaign__isnull=False), name="notifications_of_campaign"
            ),
            models.Index(fields=["lease_until"], condition=Q(state=State.ATTEMPTING), name="notifications_left"),
            models.Index(fields=["settled_at"], condition=Q(settled_at__isnull=False), name="notifications_settled"),
            models.Index(
                fields=["member", "-created_at", "-id"], condition=Q(is_on_site=True), name="notifications_inbox"
            ),
        ]

    def __str__(self) -> str:
        return self.notice

    @property
    def filled_with(self) -> dict[str, Any] | None:
        """Return the parameters as they were packed; None where they cannot be opened, or are forgotten."""
        stored = self.campaign.parameters if self.campaign else self._opened("parameters")
        return stored if isinstance(stored, dict) else None

    @property
    def own_address(self) -> Any:
        """Return the address that stands in the row itself; None where there is none, or it cannot be opened."""
        return self._opened("address")

    @property
    def has_recipient(self) -> bool:
        """Say whether anybody can be told: a member who is here, or who is behind the address of a farewell."""
        return self.member is not None or self.sealed_by is not None

    def _opened(self, name: str) -> Any:
        if self.sealed_by is None:
            return getattr(self, name)
        field: Any = self._meta.get_field(name)
        stored = self.__dict__[name]
        try:
            return field.open(self.sealed_by, stored) if type(stored) is Sealed else None
        except DecryptionError:
            return None


class Preference(models.Model):
    """By which channel a member has chosen to hear about a topic, or not. There is none for what is always sent."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    topic = models.CharField(max_length=10, choices=Topic.choices)
    channel = models.CharField(max_length=5, choices=Channel.choices, default=Channel.EMAIL)
    wanted = models.BooleanField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["member", "topic", "channel"], name="notifications_one_choice"),
            # Whatever a form or a program tries: what is always sent cannot be declined.
            models.CheckConstraint(condition=Q(topic__in=Topic.values), name="notifications_can_be_declined"),
            models.CheckConstraint(condition=Q(channel__in=CHOSEN), name="notifications_by_a_chosen_channel"),
        ]

    def __str__(self) -> str:
        return f"preference of member {self.member_id}"


class Suppression(models.Model):
    """An address or number that takes nothing, or no news, known by a keyed digest alone."""

    class Reason(models.TextChoices):
        BOUNCED = "bounced", _("nobody is there")
        COMPLAINED = "complained", _("its reader took news for spam")

    digest = models.BinaryField(max_length=32)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    # What the mail server said: its code, such as 550 or 5.1.1.
    code = models.CharField(max_length=12, blank=True)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("address that takes nothing")
        verbose_name_plural = _("addresses that take nothing")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["digest", "reason"], name="notifications_one_reason"),
        ]

    def __str__(self) -> str:
        return f"suppression {self.pk}"


class Reach(models.TextChoices):
    """To whom an announcement is shown."""

    ALL = "all", _("everybody, visitors too")
    SIGNED_IN = "signed-in", _("who is signed in")
    AFFECTED = "affected", _("those it is about")


class Announcement(models.Model):
    """A banner on every page for a while."""

    text = models.CharField(_("text"), max_length=300)
    page = models.CharField(_("page to read on"), max_length=200, blank=True)
    reach = models.CharField(_("who sees it"), max_length=9, choices=Reach.choices, default=Reach.SIGNED_IN)
    is_warning = models.BooleanField(_("a warning"), default=False)
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("until"))
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(reach__in=Reach.values), name="notifications_known_reach"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="notifications_ends_after_it_starts"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["ends_at"], name="notifications_announced_until")]

    def __str__(self) -> str:
        return f"announcement {self.pk}"


class Announced(models.Model):
    """What an announcement is to one member: it is about them, or they have put it away."""

    announcement = models.ForeignKey(Announcement, models.CASCADE, related_name="readers")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    is_put_away = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["announcement", "member"], name="notifications_announced_once"),
        ]

    def __str__(self) -> str:
        return f"announcement {self.announcement_id} to member {self.member_id}"


class RestingDomain(models.Model):
    """A domain whose mail server wants no mail for a while, known by a keyed digest alone."""

    digest = models.BinaryField(max_length=32, unique=True)
    refusals = models.PositiveSmallIntegerField(default=1)
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("domain that takes nothing for a while")
        verbose_name_plural = _("domains that take nothing for a while")

    def __str__(self) -> str:
        return f"resting domain {self.pk}"


class Stage(models.TextChoices):
    """How far a campaign has come. The last two are ends."""

    DRAFT = "draft", _("being written")
    ASKED = "asked", _("waiting for approval")
    PLANNED = "planned", _("waiting for its time")
    GATHERING = "gathering", _("counting who is told")
    SENDING = "sending", _("being sent")
    PAUSED = "paused", _("paused")
    STOPPING = "stopping", _("being stopped")
    STOPPED = "stopped", _("stopped")
    DONE = "done", _("done")


UNSTARTED = (Stage.DRAFT, Stage.ASKED, Stage.PLANNED)
UNAPPROVED = (Stage.DRAFT, Stage.ASKED)


class Campaign(models.Model):
    """One notice to many. Nobody approves what they wrote themself."""

    notice = models.CharField(_("notice"), max_length=60)
    audience = models.CharField(_("who is told"), max_length=40)
    # Written by staff and the same for all: nothing in it is about anybody.
    parameters = models.JSONField(default=dict)
    starts_at = models.DateTimeField(_("not before"), null=True, blank=True)
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices, default=Stage.DRAFT)
    needs_approval = models.BooleanField(default=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # Everybody who ever had a hand in it. None of them approves it.
    writers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # Fingerprint of what was approved, empty for nothing.
    approved = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Whoever joined later is not told.
    begun_at = models.DateTimeField(null=True)
    gathered_upto = models.BigIntegerField(default=-1)
    gathered_at = models.DateTimeField(null=True)
    recipients = models.PositiveIntegerField(_("recipients"), default=0)
    ended_at = models.DateTimeField(null=True)
    # How many rows came to each end, kept when the rows go.
    totals = models.JSONField(null=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        permissions: ClassVar[list[Any]] = [("approve_campaign", "Can approve campaigns of others")]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="notifications_known_stage"),
            models.CheckConstraint(
                condition=Q(stage__in=UNAPPROVED) | Q(needs_approval=False) | ~Q(approved=""),
                name="notifications_approved_first",
            ),
            models.CheckConstraint(condition=~Q(approved_by=F("written_by")), name="notifications_by_somebody_else"),
        ]

    def __str__(self) -> str:
        return f"campaign {self.pk}"
