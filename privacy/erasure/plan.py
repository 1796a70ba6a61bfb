"""Which steps an erasure takes, and what has to be over before each.

=====  ==========  =============================================================================================
stage  phase       what
=====  ==========  =============================================================================================
0      recipients  whoever received something is told to erase it too; nothing waits for them
1      data        the address is put aside for the certificate, under a key of the request's own
2      data        what the law forbids to erase is sealed anew, under keys of its own
3      data        the data key is destroyed: from here on nobody can read anything, whatever is left
4      data        sessions end, what waits to be told is dropped, rows are counted
5      data        stores outside the database
6      data        one step for each declared model
7      identity    what makes the member known: their handle, their address, how they signed in
8      identity    their own row
9      identity    the certificate is written and sent
10     identity    the address, once the certificate has left
=====  ==========  =============================================================================================
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction

from catalogue.registry import recalls, stores
from privacy.models import ErasureRequest, ErasureStep

from . import recalling, rows
from .parts import parts

RECIPIENTS, ADDRESS, WITHHOLDING, KEY, CHORES, STORES, ROWS, IDENTITY, ROW, CERTIFICATE, FAREWELL = range(11)
# They outlive the member, without naming them.
KEPT = ("privacy.ErasureRequest", "privacy.LegalHold")
Phase = ErasureStep.Phase
Planned = tuple[Phase, int, str]


@transaction.atomic
def begin(number: int, now: datetime) -> bool:
    """Write down the steps of a request, unless that is done; say False if its member came back, or it is over.

    Nobody comes back from then on.
    """
    request = ErasureRequest.objects.select_for_update().filter(pk=number, kept_at=None, done_at=None).first()
    if request is None or (request.begun_at is None and request.due_at > now):
        return False
    if request.begun_at is None:
        request.begun_at = now
        request.save(update_fields=["begun_at"])
        ErasureStep.objects.bulk_create(_steps(request, now))
    return True


def _steps(request: ErasureRequest, now: datetime) -> Iterator[ErasureStep]:
    reference = recalling.reference_of(request.member_id) if request.member_id else ""
    for position, (phase, stage, name) in enumerate(planned()):
        yield ErasureStep(
            request=request,
            phase=phase,
            stage=stage,
            position=position,
            name=name,
            due_at=now,
            reference=reference if phase == Phase.RECIPIENTS else "",
        )


def planned() -> Iterator[Planned]:
    """Yield phase, stage and name of every step, in the order in which they are taken."""
    yield from _in(Phase.RECIPIENTS, RECIPIENTS, (f"recall:{recalling.name_of(recall)}" for recall in recalls()))
    yield from _in(Phase.DATA, ADDRESS, ["address"])
    yield from _in(Phase.DATA, WITHHOLDING, ["withholding"])
    yield from _in(Phase.DATA, KEY, ["key"])
    yield from _in(Phase.DATA, CHORES, ["sessions", "notices", "count"])
    yield from _in(Phase.DATA, STORES, (f"store:{store.name}" for store in stores() if store.erase))
    yield from _in(Phase.DATA, ROWS, (f"data:{label}" for label in erased_models()))
    yield from _in(Phase.IDENTITY, IDENTITY, (f"part:{part.name}" for part in parts()))
    yield from _in(Phase.IDENTITY, ROW, ["row"])
    yield from _in(Phase.IDENTITY, CERTIFICATE, ["certificate"])
    yield from _in(Phase.IDENTITY, FAREWELL, ["farewell"])


def _in(phase: Phase, stage: int, names: Iterable[str]) -> Iterator[Planned]:
    return ((phase, stage, name) for name in names)


def erased_models() -> tuple[str, ...]:
    """Return the labels of the models that are erased row by row, leaves first: all but the member's own."""
    last = (get_user_model()._meta.label, *KEPT)
    return tuple(label for label in rows.order() if label not in last)
