"""Telling a member something: a row in the transaction of what it tells of, and a bell once that is certain."""

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction

from .bell import ring
from .models import Notification
from .notices import Notice
from .packing import pack


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
        occasion=occasion or secrets.token_hex(16),
        parameters=pack(parameters | ({"until": until} if until else {})),
        address=kept if isinstance(kept, str) else None,  # one that cannot be opened is none
        expires_at=until,
    )
    Notification.objects.bulk_create([row], ignore_conflicts=bool(occasion))
    transaction.on_commit(ring)
