"""What goes by itself when its time is over."""

import logging
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from encryption.keys import destroy_data_key
from encryption.overwriting import empty_write_ahead_log
from notifications import housekeeping as notifications
from privacy.juveniles import apply_adult_age
from privacy.policy import disclaim
from privacy.retention import runs
from security import housekeeping as security

from . import invitations, leftovers
from .models import Member, PhoneCode, ReservedHandle

logger = logging.getLogger(__name__)


def purge_expired() -> dict[str, int]:
    """Delete what has expired; return how much of each. Twice does no harm."""
    now = timezone.now()
    purged = {
        **security.purge_expired(now),
        **notifications.purge_expired(now),
        "values whose term is over": retained.rows if (retained := runs.run(now)) else 0,
        "leftovers": leftovers.sweep(),
        "telephone codes": PhoneCode.objects.filter(expires_at__lte=now).delete()[0],
        # In the same run as the unconfirmed, so that a handle comes free alike whatever kept it.
        "reserved handles": ReservedHandle.objects.filter(until__lte=now).delete()[0],
        "invitations to the staff": invitations.purge_expired(now),
        "unconfirmed members": sum(map(_purge_unconfirmed, _unconfirmed_since(now))),
    }
    logger.info("purged: %s", ", ".join(f"{count} {what}" for what, count in purged.items()))
    if narrowed := apply_adult_age():
        logger.info("narrowed %d profiles to the adult age", narrowed)
    return purged


def _unconfirmed_since(now: datetime) -> list[int]:
    """Return the ids of who joined long ago and never confirmed."""
    before = now - settings.TOKEN_LIFETIMES["verify-email"]
    # Whoever is leaving has steps of their own; what the law holds of them hangs on a row without an address.
    unconfirmed = Member.objects.filter(email_verified_at=None, cancelled_at=None, joined_at__lte=before)
    return list(unconfirmed.values_list("pk", flat=True))


@transaction.atomic
def _purge_unconfirmed(member_id: int) -> bool:
    """Erase one account that was never confirmed, unless it is being confirmed at this very moment.

    The key goes first: should deleting the rows fail, the next run finds them again, and they are unreadable already.
    """
    member = Member.objects.select_for_update().filter(pk=member_id, email_verified_at=None).first()
    if member is None:
        return False
    destroy_data_key(member.pk)
    disclaim(member)
    member.delete()
    # The handle was in the open.
    transaction.on_commit(partial(empty_write_ahead_log, "default"))
    return True
