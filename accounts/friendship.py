"""Friend requests and friendships, from asking to parting."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy.models import CircleMember
from privacy.visibility import Viewer, known_to, visible_profiles

from .blocking import between, hold_pair
from .directory import PAGE, Page, Person
from .models import Block, Decline, FriendRequest, Friendship, Member, Mute

if TYPE_CHECKING:
    from django.db.models import QuerySet

MOST_UNANSWERED = 50
REST_AFTER_DECLINE = timedelta(days=30)
NAMING = ("display_name", "picture", "pronouns")


@dataclass(frozen=True)
class Relationship:
    """What somebody is to the person they look at, as far as they may know it."""

    is_friend: bool = False
    asked_by_me: bool = False
    asked_by_them: bool = False
    is_muted: bool = False


# --- asking and answering -----------------------------------------------------------------------------------------
@transaction.atomic
def ask_to_be_friends(recipient: Member, *, by: Member) -> None:
    """Ask ``recipient``; where they have asked already, this is the answer and both are friends.

    Somebody who was declined lately asks in silence: the request stands, and does not come before its recipient.
    Raises ``ValidationError`` when too many requests wait for an answer, ``Member.DoesNotExist`` across a block.
    """
    if recipient.pk == by.pk:
        raise ValidationError(_("You are on good terms with yourself already."), code="self")
    hold_pair(recipient.pk, by.pk)
    _refuse_across_a_block(recipient, by)
    if Friendship.objects.filter(person=by, friend=recipient).exists():
        return
    if FriendRequest.objects.filter(sender=recipient, recipient=by).exists():
        _befriend(recipient, by)
    else:
        _request(recipient, by)


@transaction.atomic
def accept_request(sender: Member, *, by: Member) -> bool:
    """Become friends with somebody who asked. Return whether the two are friends now."""
    hold_pair(sender.pk, by.pk)
    if FriendRequest.objects.filter(sender=sender, recipient=by).exists():
        _befriend(sender, by)
    return Friendship.objects.filter(person=by, friend=sender).exists()


@transaction.atomic
def decline_request(sender: Member, *, by: Member) -> None:
    """Put a request aside for good. Its sender still sees it as asked."""
    hold_pair(sender.pk, by.pk)
    if FriendRequest.objects.filter(sender=sender, recipient=by).exists():
        Decline.objects.get_or_create(decliner=by, asker=sender)


@transaction.atomic
def withdraw_request(recipient: Member, *, by: Member) -> None:
    """Take a request back. A decline has its rest all the same, so that asking again does not shorten it."""
    hold_pair(recipient.pk, by.pk)
    FriendRequest.objects.filter(sender=by, recipient=recipient).delete()


@transaction.atomic
def end_friendship(friend: Member, *, by: Member) -> None:
    """End a friendship on both sides, and leave each other's circles. The other is not told."""
    hold_pair(friend.pk, by.pk)
    Friendship.objects.filter(between(friend, by, "person", "friend")).delete()
    CircleMember.objects.filter(between(friend, by, "circle__owner", "person")).delete()


def _request(recipient: Member, by: Member) -> None:
    """Write down a request, or bring one that has rested after a decline before its recipient again."""
    is_heard_again = bool(_rested(recipient, by).delete()[0])
    request = FriendRequest.objects.filter(sender=by, recipient=recipient).first()
    if request is None:
        _refuse_in_bulk(by)
        FriendRequest.objects.create(sender=by, recipient=recipient)
    elif is_heard_again:
        FriendRequest.objects.filter(pk=request.pk).update(asked_at=timezone.now())


def _rested(decliner: Member, asker: Member) -> "QuerySet[Any]":
    """Return the decline between two people if it is old enough to be forgotten."""
    return Decline.objects.filter(decliner=decliner, asker=asker, at__lte=timezone.now() - REST_AFTER_DECLINE)


def _befriend(one: Member, other: Member) -> None:
    FriendRequest.objects.filter(between(one, other, "sender", "recipient")).delete()
    Decline.objects.filter(between(one, other, "decliner", "asker")).delete()
    since = timezone.now()
    both = [Friendship(person=one, friend=other, since=since), Friendship(person=other, friend=one, since=since)]
    Friendship.objects.bulk_create(both, ignore_conflicts=True)


def _refuse_across_a_block(one: Member, other: Member) -> None:
    if Block.objects.filter(between(one, other, "blocker", "blocked")).exists():
        raise Member.DoesNotExist


def _refuse_in_bulk(by: Member) -> None:
    # Counted as they are listed: who has gone or blocked since must not show in what is left.
    if settings.LIMITS and asked_by(by).count() >= MOST_UNANSWERED:
        raise ValidationError(
            _("%(number)s people have not answered you yet. Withdraw a request, or wait for them."),
            code="too_many_requests",
            params={"number": MOST_UNANSWERED},
        )


# --- who is what to whom ------------------------------------------------------------------------------------------
def relationship_between(viewer_id: int, person_id: int) -> Relationship:
    """Return what ``viewer_id`` may know of their relationship to ``person_id``, in four queries."""
    return Relationship(
        is_friend=Friendship.objects.filter(person=viewer_id, friend=person_id).exists(),
        asked_by_me=FriendRequest.objects.filter(sender=viewer_id, recipient=person_id).exists(),
        asked_by_them=_before(viewer_id).filter(sender=person_id).exists(),
        is_muted=Mute.objects.filter(muter=viewer_id, muted=person_id).exists(),
    )


def friends_of(member: Member) -> "QuerySet[Member]":
    """Return the friends of ``member`` who are still here."""
    return known_to(Viewer.of(member)).filter(pk__in=Friendship.objects.filter(person=member).values("friend_id"))


def asking(member: Member) -> "QuerySet[Member]":
    """Return who asks ``member`` and waits for an answer."""
    return known_to(Viewer.of(member)).filter(pk__in=_before(member.pk).values("sender_id"))


def asked_by(member: Member) -> "QuerySet[Member]":
    """Return whom ``member`` asked. Who declined is among them."""
    return known_to(Viewer.of(member)).filter(pk__in=FriendRequest.objects.filter(sender=member).values("recipient_id"))


def requests_waiting(member: Member) -> int:
    """Return how many people wait for an answer of ``member``."""
    return asking(member).count()


def page_of(found: "QuerySet[Member]", viewer: Viewer | None, after: str = "") -> Page:
    """Return one page of people by handle, named as far as ``viewer`` may see; without a viewer by handle alone."""
    if after:
        found = found.filter(handle__gt=after)
    rows = list(found.order_by("handle").values_list("pk", "handle")[: PAGE + 1])
    here = rows[:PAGE]
    seen = visible_profiles([pk for pk, _handle in here], viewer, NAMING) if viewer else {}
    people = [Person(pk, handle, seen.get(pk, {})) for pk, handle in here]
    return Page(people, here[-1][1] if len(rows) > PAGE else None)


def _before(member_id: int) -> "QuerySet[Any]":
    """Return the requests that come before ``member_id``: not those of people they declined."""
    declined = Decline.objects.filter(decliner=member_id).values("asker_id")
    return FriendRequest.objects.filter(recipient=member_id).exclude(sender__in=declined)
