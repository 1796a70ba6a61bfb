"""Blocks and mutes: how members defend themselves. Neither is told to the other."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from privacy.models import CircleMember
from privacy.visibility import Viewer, known_to

from .models import Block, FriendRequest, Friendship, Member, Mute

if TYPE_CHECKING:
    from django.db.models import QuerySet


@transaction.atomic
def block(person: Member, *, by: Member) -> None:
    """Make two people invisible to each other: no friendship, no request and no place in a circle stays."""
    if person.pk == by.pk:
        raise ValidationError(_("You cannot block yourself."), code="self")
    hold_pair(person.pk, by.pk)
    Block.objects.get_or_create(blocker=by, blocked=person)
    Friendship.objects.filter(between(person, by, "person", "friend")).delete()
    FriendRequest.objects.filter(between(person, by, "sender", "recipient")).delete()
    CircleMember.objects.filter(between(person, by, "circle__owner", "person")).delete()


@transaction.atomic
def unblock(person: Member, *, by: Member) -> None:
    """Lift a block. What it ended stays ended."""
    Block.objects.filter(blocker=by, blocked=person).delete()


@transaction.atomic
def mute(person: Member, *, by: Member) -> None:
    """Keep what ``person`` writes out of the feed and inbox of ``by``."""
    if person.pk == by.pk:
        raise ValidationError(_("You cannot mute yourself."), code="self")
    Mute.objects.get_or_create(muter=by, muted=person)


@transaction.atomic
def unmute(person: Member, *, by: Member) -> None:
    """Lift a mute."""
    Mute.objects.filter(muter=by, muted=person).delete()


def blocked_by(member: Member) -> "QuerySet[Member]":
    """Return whom ``member`` blocked, as far as they are still here.

    That one of them blocked back does not show: the list is what ``member`` wrote down.
    """
    found: QuerySet[Member] = Member.objects.active()
    return found.filter(pk__in=Block.objects.filter(blocker=member).values("blocked_id"))


def muted_by(member: Member) -> "QuerySet[Member]":
    """Return whom ``member`` muted, as far as they may know of them."""
    return known_to(Viewer.of(member)).filter(pk__in=Mute.objects.filter(muter=member).values("muted_id"))


def hold_pair(one: int, other: int) -> None:
    """Make whoever else changes what these two are to each other wait until this transaction ends."""
    held: Any = Member.objects.filter(pk__in=(one, other)).order_by("pk").select_for_update()
    list(held.values_list("pk", flat=True))


def between(one: Member, other: Member, origin: str, target: str) -> Q:
    """Return the condition that a row leads from one of two people to the other, in either direction."""
    return Q(**{origin: one, target: other}) | Q(**{origin: other, target: one})
