"""A second life for what was given up: by hand, with everything looked at once more when it leaves."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from .bell import ring
from .channels.kinds import Channel
from .gathering import go_on_with
from .models import Notification, NotificationQuerySet, Stage, State
from .notices import declared
from .settling import TOO_LATE

GIVEN_UP = (State.FAILED, State.UNREACHABLE)


def given_up() -> NotificationQuerySet:
    """Return the rows that were given up and can be tried again: what they are filled with is still there."""
    is_filled = Q(campaign=None, parameters__isnull=False) | Q(campaign__isnull=False)
    known = [notice.slug for notice in declared()]
    rows = Notification.objects.filter(is_filled, state__in=GIVEN_UP, notice__in=known, member__isnull=False)
    return rows.exclude(reason=TOO_LATE).exclude(campaign__stage=Stage.STOPPED)


@transaction.atomic
def retry(rows: NotificationQuerySet) -> int:
    """Have those of ``rows`` that were given up sent again, by their first channel; return how many."""
    chosen = given_up().filter(pk__in=rows.values("pk"))
    go_on_with(set(chosen.exclude(campaign=None).values_list("campaign", flat=True)))
    first = {notice.slug: notice.channels[0] for notice in declared()}
    count = sum(_retry(chosen, channel, first) for channel in Channel)
    if count:
        transaction.on_commit(ring)
    return count


def _retry(chosen: NotificationQuerySet, channel: Channel, first: dict[str, Channel]) -> int:
    slugs = [slug for slug, by in first.items() if by == channel]
    ids = list(chosen.filter(notice__in=slugs).values_list("pk", flat=True))
    return Notification.objects.filter(pk__in=ids, state__in=GIVEN_UP).update(
        state=State.QUEUED, channel=channel, settled_at=None, due_at=timezone.now(), reason="tried again by hand"
    )
