"""Once a year a member is asked whether what they tell about themself is still right."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from notifications.sending import notify_many

from .models import InformationReview, Member
from .notices import REVIEW_INFORMATION

EVERY = timedelta(days=365)
BATCH = 500
# The rest is asked the next day.
MOST_AT_ONCE = 20_000


def confirm(member: Member) -> None:
    """Write down that ``member`` has looked over what they tell about themself."""
    InformationReview.objects.update_or_create(member=member, defaults={"confirmed_at": timezone.now()})


def confirmed_at(member: Member) -> datetime:
    """Return when ``member`` last said that all is right: at the latest when they joined."""
    review = InformationReview.objects.filter(member=member).first()
    return (review and review.confirmed_at) or member.joined_at


def is_due(member: Member) -> bool:
    """Say whether ``member`` is to look it over."""
    return confirmed_at(member) <= timezone.now() - EVERY


def remind(now: datetime) -> int:
    """Ask everybody whose year is over; return how many. Killed halfway, the next run asks the rest."""
    due, reminded = list(_due(now).values_list("pk", flat=True)[:MOST_AT_ONCE]), 0
    for start in range(0, len(due), BATCH):
        _remind(due[start : start + BATCH], now)
        reminded += len(due[start : start + BATCH])
    return reminded


def _due(now: datetime) -> "QuerySet[Member]":
    of_late = Q(confirmed_at__gt=now - EVERY) | Q(reminded_at__gt=now - EVERY)
    asked = InformationReview.objects.filter(of_late, member=OuterRef("pk"))
    people: QuerySet[Member] = Member.objects.active().filter(~Exists(asked), joined_at__lte=now - EVERY)
    return people.order_by("pk")


@transaction.atomic
def _remind(member_ids: Iterable[int], now: datetime) -> None:
    InformationReview.objects.bulk_create(
        [InformationReview(member_id=number, reminded_at=now) for number in member_ids],
        update_conflicts=True,
        unique_fields=["member"],
        update_fields=["reminded_at"],
    )
    notify_many(REVIEW_INFORMATION, member_ids, occasion=f"{now:%Y-%m-%d}")
