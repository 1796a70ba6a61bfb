"""Who left is erased when the grace is over, by ``privacy.erasure``. What makes a member known is erased here."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from encryption.fields import Sealed
from privacy.erasure.engine import carry_out_due
from privacy.erasure.parts import Part

from .models import Member, ReservedHandle
from .registration import handle_digest

# No handle begins so.
NOBODY = "~"


def erase_due(now: datetime) -> int:
    """Erase everybody whose grace is over at ``now``; return how many. Twice does no harm."""
    return carry_out_due(now)


@transaction.atomic
def erase_identity(member_id: int) -> None:
    """Let a member be nobody: their handle is kept back for good, and their row holds nothing of them any more.

    The row itself goes later, and stays for a while where the law holds something that hangs on it.
    """
    member = Member.objects.select_for_update().filter(pk=member_id).first()
    if member is None or member.handle.startswith(NOBODY):
        return
    ReservedHandle.objects.update_or_create(digest=handle_digest(member.handle), defaults={"until": None})
    member.groups.clear()
    member.user_permissions.clear()
    Member.objects.filter(pk=member_id).update(
        handle=NOBODY + secrets.token_hex(14),
        email=Sealed(),
        password="",
        time_zone=None,
        email_verified_at=None,
        is_active=False,
        is_staff=False,
        is_superuser=False,
        joined_under=None,
    )


IDENTITY = Part("identity", _("handle, e-mail address and password"), Member._meta.label, erase_identity)
