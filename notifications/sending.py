"""Telling a member something: a row in the transaction of what it tells of, and a bell once that is certain."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from .bell import ring
from .models import Notification
from .notices import Notice
from .packing import pack

BATCH = 500


def notify(
    notice: Notice,
    member: Any,
    *,
    address: str | None = None,
    occasion: str = "",
    until: datetime | None = None,
    **parameters: Any,
) -> None:
    """Have ``member`` told ``notice``, filled with ``parameters``; not any more after ``until``, which it is told too.

    It goes to the address that the member has when it leaves, unless the notice keeps that of this moment, or to
    another ``address`` of theirs. What has an ``occasion`` is told once. Raises TypeError for parameters that a row
    cannot hold.
    """
    kept = address or (member.email if notice.keeps_address else None)
    row = Notification(
        member=member,
        notice=notice.slug,
        channel=notice.channels[0],
        is_on_site=stands_on_site(notice),
        occasion=occasion or secrets.token_hex(16),
        parameters=pack(parameters | ({"until": until} if until else {})),
        address=kept if isinstance(kept, str) else None,  # one that cannot be opened is none
        expires_at=until,
    )
    Notification.objects.bulk_create([row], ignore_conflicts=bool(occasion))
    ring_on_commit()


def notify_many(notice: Notice, member_ids: Iterable[int], *, occasion: str, **parameters: Any) -> None:
    """Have many members told the same, each once for an ``occasion``, at the address they have when it leaves.

    Raises TypeError as ``notify`` does, ValueError for a notice that keeps the address of the moment.
    """
    if notice.keeps_address:
        raise ValueError(f"{notice.slug} goes to one mailbox at a time")
    packed = pack(parameters)
    Notification.objects.bulk_create(
        [
            Notification(
                member_id=number,
                notice=notice.slug,
                channel=notice.channels[0],
                is_on_site=stands_on_site(notice),
                occasion=occasion,
                parameters=packed,
                can_wait=True,
            )
            for number in member_ids
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    ring_on_commit()


def ring_on_commit() -> None:
    """Have a worker look at the outbox once what was written there is certain."""
    transaction.on_commit(ring)


def stands_on_site(notice: Notice) -> bool:
    """Say whether it stands on the site from the beginning. News does once it is known to be wanted."""
    return notice.is_on_site and notice.category.is_always_sent
