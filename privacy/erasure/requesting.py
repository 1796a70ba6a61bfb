"""Erasures that nobody waits for: of a child's account, and of who was erased before."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from privacy.models import ErasureRequest
from security.sessions import end_sessions

Origin = ErasureRequest.Origin


@transaction.atomic
def erase_now(member: Any, *, by: Any, because: str) -> ErasureRequest:
    """Have the account of a child erased without grace: invisible at once, due now, with no way back.

    ``because`` is a word or the number of a case, kept for years: never a name. Raises ValueError if it is too long.
    """
    if len(because) > ErasureRequest._meta.get_field("because").max_length:  # type: ignore[operator]
        raise ValueError("a word or a number, not a text")
    return _have_erased(member.pk, Origin.CHILD, asked_by=by, because=because)


@transaction.atomic
def erase_again(member_id: int) -> ErasureRequest:
    """Have somebody erased again whom a backup has brought back. Nobody is told a second time."""
    return _have_erased(member_id, Origin.AGAIN, asked_by=None, because="")


def _have_erased(member_id: int, origin: Origin, **particulars: Any) -> ErasureRequest:
    """Take up the request that there is, or make one; it is due now, and nobody sees the member any more."""
    now = timezone.now()
    members = get_user_model()._base_manager
    members.select_for_update().get(pk=member_id)
    members.filter(pk=member_id, cancelled_at=None).update(cancelled_at=now)
    end_sessions(member_id)
    request = ErasureRequest.objects.select_for_update().filter(member=member_id, kept_at=None).first()
    if request is None:
        values = {"member_id": member_id, "asked_at": now, "due_at": now}
        return ErasureRequest.objects.create(origin=origin, **values, **particulars)
    for name, value in {"origin": origin, **particulars}.items():
        setattr(request, name, value)
    request.due_at = max(min(request.due_at, now), request.asked_at)
    request.save(update_fields=["origin", "due_at", *particulars])
    return request
