"""After an old backup is restored: whoever was erased since is erased again, before the site says that it is ready.

The keystore is not part of that backup, so its tombstones say who was erased. Their values cannot be read any more,
whatever the backup has brought back; this takes away the rest. Nobody is told a second time.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from django.utils import timezone

from encryption.models import MemberKey
from privacy.models import ErasureRequest, ErasureStep

from .engine import carry_out
from .requesting import erase_again

CHUNK = 5_000
# Clocks of several machines differ, and a tombstone may be written a while after its time.
OVERLAP = timedelta(hours=1)
Place = tuple[datetime, int]


class Look:
    """What one process knows: up to which tombstone nobody was there. A restore wants all processes stopped."""

    def __init__(self) -> None:
        self.upto: Place | None = None

    def is_clean(self) -> bool:
        """Say whether nobody is there who was erased before. At first it reads all tombstones, later the new ones."""
        for chunk in _tombstones(self.upto):
            if _stale([subject for _at, _number, subject in chunk]):
                return False
            at, number, _subject = chunk[-1]
            self.upto = at - OVERLAP, number
        return not ErasureRequest.objects.filter(origin=ErasureRequest.Origin.AGAIN, member__isnull=False).exists()


_look = Look()
is_clean = _look.is_clean


def replay() -> int:
    """Erase again everybody who was erased and is there all the same; return how many. Twice does no harm."""
    again = [number for chunk in _tombstones(None) for number in _stale([each[2] for each in chunk])]
    for member in again:
        carry_out(erase_again(member).pk, timezone.now())
    return len(again)


def _tombstones(after: Place | None) -> Iterator[list[Any]]:
    """Yield (time, number, subject) of the tombstones after a place, in the order of time."""
    found = MemberKey.objects.destroyed().order_by("destroyed_at", "pk")
    rest = found if after is None else found.filter(destroyed_at__gte=after[0])
    while chunk := list(rest.values_list("destroyed_at", "pk", "subject")[:CHUNK]):
        yield chunk
        at, number, _subject = chunk[-1]
        rest = found.filter(destroyed_at=at, pk__gt=number) | found.filter(destroyed_at__gt=at)


def _stale(subjects: list[int]) -> list[int]:
    """Return who of ``subjects`` is a member although nobody is erasing them."""
    members: Any = get_user_model()._base_manager
    request = ErasureRequest.objects.filter(member=OuterRef("pk"), kept_at=None)
    begun = request.filter(Exists(ErasureStep.objects.filter(request=OuterRef("pk"))))
    there = members.filter(pk__in=subjects).exclude(Exists(begun))
    return list(there.values_list("pk", flat=True))
