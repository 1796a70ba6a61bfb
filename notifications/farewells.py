"""A last letter to an address whose member is erased: sealed under a key of its own, sent, and forgotten.

The address is put aside while it can still be read; the letter is written when there is something to say. Until then
the row waits, and when it came to its end nothing is left in it and its key can go.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from .models import ENDS, WAITING, Notification, State
from .notices import Notice
from .packing import pack
from .sending import ring_on_commit

# Nothing is said before there is something to say.
PUT_ASIDE = timedelta(days=3650)


def put_aside(notice: Notice, address: str, *, key: int) -> None:
    """Keep ``address`` for one letter, sealed with the data key ``key``. Twice is once.

    Raises KeyDestroyed, KeyMissing.
    """
    field: Any = Notification._meta.get_field("address")
    row = Notification(
        notice=notice.slug,
        channel=notice.channels[0],
        occasion=f"farewell-{key}",
        sealed_by=key,
        due_at=timezone.now() + PUT_ASIDE,
        state=State.DEFERRED,
    )
    row.address = field.seal(key, address)
    Notification.objects.bulk_create([row], ignore_conflicts=True)


@transaction.atomic
def write(key: int, *, until: datetime, **parameters: Any) -> bool:
    """Fill in the letter that was put aside under ``key`` and have it sent; say False if it was, or there is none.

    It is not sent any more after ``until``. Raises KeyDestroyed, KeyMissing.
    """
    row = (
        Notification.objects.select_for_update()
        .filter(sealed_by=key, parameters__isnull=True, state=State.DEFERRED)
        .first()
    )
    if row is None:
        return False
    field: Any = Notification._meta.get_field("parameters")
    row.parameters = field.seal(key, pack(parameters))
    row.created_at = row.due_at = timezone.now()
    row.state, row.expires_at = State.QUEUED, until
    row.save(update_fields=["parameters", "created_at", "due_at", "state", "expires_at"])
    ring_on_commit()
    return True


def has_ended(key: int) -> bool:
    """Say whether nothing waits to be sent under ``key``: it left, it was given up, or there never was anything."""
    return not Notification.objects.filter(sealed_by=key).exclude(state__in=ENDS).exists()


def forget(key: int) -> None:
    """Let nothing be left of a letter but that there was one. Twice does no harm."""
    Notification.objects.filter(sealed_by=key).update(address=None, parameters=None)


def drop_waiting(member_id: int) -> int:
    """End what waits to be told to a member who is being erased; return how much that was. Twice does no harm."""
    return Notification.objects.filter(member=member_id, state__in=WAITING).update(
        state=State.ERASED,
        settled_at=timezone.now(),
        parameters=None,
        address=None,
        lease=None,
        lease_until=None,
        is_on_site=False,
    )
