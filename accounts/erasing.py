"""Who left is erased when the grace is over: key, files, rows and what other tables hold, in one transaction a member.

Whoever is killed in between leaves everything as it was, or nothing: the key and the files are named in the same
transaction, and swept up later if they outlive it.
"""

import logging
from datetime import datetime

from django.apps import apps
from django.db import transaction
from django.db.models import Q, QuerySet

from catalogue.declarations import PersonalData
from catalogue.erasure import Blank, Replace
from catalogue.registry import personal_data
from notifications.suppression import lift
from privacy.models import ErasureRequest

from .leftovers import forget_key, forget_pictures
from .models import Member, ReservedHandle
from .registration import handle_digest

logger = logging.getLogger(__name__)


def erase_due(now: datetime) -> int:
    """Erase everybody whose grace is over at ``now``; return how many. Twice does no harm."""
    due = ErasureRequest.objects.filter(kept_at=None, due_at__lte=now).order_by("due_at")
    return sum(_erase_alone(number) for number in list(due.values_list("pk", flat=True)))


def _erase_alone(number: int) -> bool:
    """Erase one; whatever is in the way of that holds up no other, and is tried again at the next turn."""
    try:
        return erase(number)
    except Exception as error:  # noqa: BLE001
        logger.error("request for erasure %s cannot be carried out: %s", number, type(error).__name__)  # noqa: TRY400
        return False


@transaction.atomic
def erase(number: int) -> bool:
    """Carry out one request; say False if its member came back, or somebody else has done it."""
    wanted = ErasureRequest.objects.filter(pk=number, kept_at=None)
    member = Member.objects.select_for_update().filter(pk__in=wanted.values("member")).first()
    if member is None or not wanted.exists():  # looked at again, now that nobody else has the member
        return False
    ReservedHandle.objects.update_or_create(digest=handle_digest(member.handle), defaults={"until": None})
    if isinstance(member.email, str):
        lift(member.email)  # a mailbox that joins anew inherits nothing
    for data in personal_data():
        _erase_values(data, member)
    forget_pictures(member.pk)
    forget_key(member.pk)
    member.delete()
    return True


def _erase_values(data: PersonalData, member: Member) -> None:
    """Erase what is declared to go without its row. The rows themselves go with the member's."""
    if not data.subjects:  # about nobody
        return
    model = apps.get_model(data.model)
    mine = Q()
    for path in data.subjects:
        mine |= Q(**{"pk" if path == "self" else path: member.pk})
    rows: QuerySet[Member] = model._base_manager.filter(pk__in=model._base_manager.filter(mine).values("pk"))
    for field in data.fields:
        if isinstance(field.erasure, (Blank, Replace)):
            field.erasure.apply(rows, field.column)
