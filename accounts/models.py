"""People and what they are to each other."""

import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import MinLengthValidator, RegexValidator
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalogue.vocabulary import Audience
from encryption.blind_index import BlindIndexField, IndexedModel, blind_index
from encryption.fields import (
    EncryptedCharField,
    EncryptedDateField,
    EncryptedEmailField,
    EncryptedJSONField,
    EncryptedTextField,
    SealedQuerySet,
)
from encryption.keys import create_data_key
from privacy.models import AudienceField, DefaultSet, ErasureRequest, random_number

EMAIL_CONTEXT = "accounts_member.email"


def exists_for_others(path: str = "") -> models.Q:
    """Return the condition that a member exists for others, from rows that lead to them by ``path``, as *member__*."""
    known = {"email_verified_at__isnull": False, "is_active": True, "cancelled_at": None}
    return models.Q(**{f"{path}{name}": value for name, value in known.items()})


class MemberQuerySet(SealedQuerySet["Member"]):
    def active(self) -> Self:
        """Return members who exist for others: confirmed, not suspended, not closing."""
        return self.filter(exists_for_others())

    def able_to_sign_in(self) -> Self:
        """Return members who may sign in: those who exist for others, and who is leaving and can still come back."""
        over = ErasureRequest.objects.filter(member=OuterRef("pk"), kept_at=None, due_at__lte=timezone.now())
        return self.confirmed().filter(is_active=True).exclude(Exists(over))

    def confirmed(self) -> Self:
        """Return members who have shown that they read the mail of their address."""
        return self.filter(email_verified_at__isnull=False)

    def with_email(self, email: str) -> Self:
        """Return the member who signs in with ``email``, by blind index."""
        return self.filter(email_index=blind_index(EMAIL_CONTEXT, email))

    def holding(self, email: str) -> Self:
        """Return who has ``email``, or gave it up so lately that they can still take it back."""
        index, since = blind_index(EMAIL_CONTEXT, email), timezone.now() - settings.TOKEN_LIFETIMES["stop-email"]
        given_up = EmailChange.objects.filter(former_index=index, confirmed_at__isnull=False, asked_at__gt=since)
        return self.filter(models.Q(email_index=index) | models.Q(pk__in=given_up.values("member")))


class MemberManager(BaseUserManager.from_queryset(MemberQuerySet)):  # type: ignore[misc]
    def create_user(self, handle: str, email: str, password: str | None = None, **fields: Any) -> "Member":
        """Create a member with a data key and an empty profile, everything in it for their eyes only."""
        member = Member(handle=handle, email=email, **fields)
        member.set_password(password)
        create_data_key(member.pk)
        with transaction.atomic():
            member.save(force_insert=True)
            Profile.objects.create(member=member)
        return member

    def create_superuser(self, handle: str, email: str, password: str | None = None, **fields: Any) -> "Member":
        """Create a confirmed member of staff with every permission. Masks stay on for them too."""
        staff = {"is_staff": True, "is_superuser": True, "email_verified_at": timezone.now()}
        return self.create_user(handle, email, password, **(staff | fields))

    def get_by_natural_key(self, username: str | None) -> "Member":
        member: Member = self.get(handle=username)
        return member


class Member(IndexedModel, AbstractBaseUser, PermissionsMixin):
    """A person with an account, staff included."""

    last_login = None  # observed data: not collected here

    id = models.BigIntegerField(primary_key=True, default=random_number, editable=False)
    handle = models.CharField(
        _("handle"),
        max_length=30,
        unique=True,
        validators=[
            MinLengthValidator(3),
            RegexValidator(r"\A[a-z0-9_]+\Z", _("Use small letters, digits and the underscore.")),
        ],
        error_messages={"unique": _("That handle is taken. Try another.")},
    )
    email = EncryptedEmailField(_("e-mail"), max_length=254, context=EMAIL_CONTEXT)
    email_index = BlindIndexField(of="email", context=EMAIL_CONTEXT, unique=True)
    email_verified_at = models.DateTimeField(null=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    # Invisible since then, and erased when the grace is over.
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, editable=False)
    joined_under = models.ForeignKey(DefaultSet, models.PROTECT, null=True, editable=False, related_name="+")
    time_zone = EncryptedCharField(_("time zone"), max_length=64, null=True, blank=True)

    USERNAME_FIELD = "handle"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    objects = MemberManager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        permissions: ClassVar[list[Any]] = [("cancel_member", "Can cancel an account at its member's request")]

    def __str__(self) -> str:
        return f"@{self.handle}"

    def check_password(self, raw_password: str | None) -> bool:
        """Say whether this is the password. It is hashed anew where somebody signs in, and nowhere else."""
        return check_password(raw_password, self.password)

    def get_absolute_url(self) -> str:
        return reverse("accounts:profile", args=[self.handle])


class ProfileQuerySet(SealedQuerySet["Profile"]):
    pass


def index_beside(name: str) -> BlindIndexField:
    """Return the blind index of a profile field: equal for equal values only while all members may see them."""
    return BlindIndexField(of=name, level=f"{name}_audience", common_up_to=Audience.MEMBERS, db_index=True)


class Profile(IndexedModel):
    """What a member tells of themself: each value sealed with their key, each with an audience of its own."""

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="profile")

    display_name = EncryptedCharField(max_length=80, null=True, blank=True, subject="member_id")
    bio = EncryptedTextField(max_length=2000, null=True, blank=True, subject="member_id")
    picture = EncryptedCharField(max_length=36, null=True, blank=True, subject="member_id")
    website = EncryptedCharField(max_length=300, null=True, blank=True, subject="member_id")
    pronouns = EncryptedCharField(max_length=80, null=True, blank=True, subject="member_id")
    city = EncryptedCharField(max_length=120, null=True, blank=True, subject="member_id")
    country = EncryptedCharField(max_length=2, null=True, blank=True, subject="member_id")
    employer = EncryptedCharField(max_length=120, null=True, blank=True, subject="member_id")
    school = EncryptedCharField(max_length=120, null=True, blank=True, subject="member_id")
    interests = EncryptedJSONField(null=True, blank=True, subject="member_id")
    birth_date = EncryptedDateField(null=True, blank=True, subject="member_id")
    phone = EncryptedCharField(max_length=32, null=True, blank=True, subject="member_id")
    phone_verified_at = models.DateTimeField(null=True, editable=False)
    postal_address = EncryptedTextField(max_length=500, null=True, blank=True, subject="member_id")

    display_name_audience = AudienceField()
    bio_audience = AudienceField()
    picture_audience = AudienceField()
    website_audience = AudienceField()
    pronouns_audience = AudienceField()
    city_audience = AudienceField()
    country_audience = AudienceField()
    employer_audience = AudienceField()
    school_audience = AudienceField()
    interests_audience = AudienceField()
    birthday_audience = AudienceField()
    birth_date_audience = AudienceField()
    email_audience = AudienceField()
    phone_audience = AudienceField()
    postal_address_audience = AudienceField()

    city_index = index_beside("city")
    employer_index = index_beside("employer")
    school_index = index_beside("school")

    # In the open only while the display name's audience is everyone or members, so that people can be found.
    public_name = models.CharField(max_length=80, blank=True, default="")
    # The same name as search compares it. Folding may lengthen it.
    name_for_search = models.TextField(blank=True, default="")
    listed = models.BooleanField(default=False)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    def __str__(self) -> str:
        return f"profile {self.member_id}"


class Picture(models.Model):
    """One uploaded picture; its bytes lie sealed in the uploads, in every size that is served."""

    id = models.UUIDField(primary_key=True)
    member = models.ForeignKey(Member, models.CASCADE, related_name="pictures")
    uploaded_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"picture {self.pk}"


class Friendship(models.Model):
    """One direction of a friendship. Both directions are stored, so that either person's friends are one index scan."""

    person = models.ForeignKey(Member, models.CASCADE, related_name="friendships")
    friend = models.ForeignKey(Member, models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "friend"], name="friends_once"),
            models.CheckConstraint(condition=~models.Q(person=models.F("friend")), name="nobody_befriends_themself"),
        ]

    def __str__(self) -> str:
        return f"member {self.person_id}: friend {self.friend_id}"


class FriendRequest(models.Model):
    """Somebody asked somebody to be friends and has no answer yet."""

    sender = models.ForeignKey(Member, models.CASCADE, related_name="requests_sent")
    recipient = models.ForeignKey(Member, models.CASCADE, related_name="requests_received")
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "recipient"], name="asked_once"),
            models.CheckConstraint(condition=~models.Q(sender=models.F("recipient")), name="nobody_asks_themself"),
        ]

    def __str__(self) -> str:
        return f"member {self.sender_id} asks member {self.recipient_id}"


class Decline(models.Model):
    """Somebody declined to be friends. Kept beside the request, which looks to its sender as it did before."""

    decliner = models.ForeignKey(Member, models.CASCADE, related_name="declines")
    asker = models.ForeignKey(Member, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decliner", "asker"], name="declined_once")]

    def __str__(self) -> str:
        return f"member {self.decliner_id} declines member {self.asker_id}"


class Block(models.Model):
    """Two people are invisible to each other because one of them said so."""

    blocker = models.ForeignKey(Member, models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(Member, models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="blocked_once"),
            models.CheckConstraint(condition=~models.Q(blocker=models.F("blocked")), name="nobody_blocks_themself"),
        ]

    def __str__(self) -> str:
        return f"member {self.blocker_id} blocks member {self.blocked_id}"


class Mute(models.Model):
    """Somebody keeps another's posts out of their own feed; nobody is told."""

    muter = models.ForeignKey(Member, models.CASCADE, related_name="mutes")
    muted = models.ForeignKey(Member, models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["muter", "muted"], name="muted_once"),
            models.CheckConstraint(condition=~models.Q(muter=models.F("muted")), name="nobody_mutes_themself"),
        ]

    def __str__(self) -> str:
        return f"member {self.muter_id} mutes member {self.muted_id}"


class EmailChange(models.Model):
    """A member changes the address they sign in with. Whoever reads the old one can stop it for a while."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="email_changes")
    event = models.OneToOneField("security.Event", models.CASCADE, related_name="+")
    former = EncryptedEmailField(max_length=254, subject="member_id")
    former_index = BlindIndexField(of="former", context=EMAIL_CONTEXT, db_index=True)
    new = EncryptedEmailField(max_length=254, subject="member_id")
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)

    objects = SealedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"change of address of member {self.member_id}"


class PhoneCode(models.Model):
    """A code that was sent to a member's telephone. Only a keyed digest of it and of the number is kept."""

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="phone_code")
    digest = models.BinaryField(max_length=32)
    tries_left = models.PositiveSmallIntegerField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"telephone code of member {self.member_id}"


class StaffInvitation(models.Model):
    """A member of staff asked somebody to join them. Only the digest of what the mailed link carries is kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    member = models.OneToOneField(Member, models.CASCADE, related_name="staff_invitation")
    invited_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    roles = models.JSONField()
    invited_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        # Whose number it was would tell staff whose address was typed.
        return "invitation to the staff"


class Leftover(models.Model):
    """Something outside this database that has to go: a member's data key, or the files of a picture."""

    subject = models.BigIntegerField(null=True)
    picture = models.UUIDField(null=True)
    since = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"leftover {self.pk}"


class ReservedHandle(models.Model):
    """A handle nobody may take: for good once its account closed, or for a while. A keyed hash, not the handle."""

    digest = models.BinaryField(max_length=32, unique=True)
    until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"reserved handle {self.pk}"


class InformationReview(models.Model):
    """When a member last said that what they tell about themself is right, and when they were last asked."""

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"review by member {self.member_id}"
