"""Telling those who received something that they have to erase it too.

A recall is registered in the catalogue by whoever shares. It is called with a reference: a keyed digest of the member's
number, by which what was shared is kept as well (``reference_of``), and which tells nobody who it was. It answers False
as long as its recipients have not confirmed, and raises what was in the way; it is called again every day.
"""

import base64
from datetime import datetime, timedelta

from catalogue.registry import Recall, recalls
from encryption.blind_index import blind_index
from privacy.models import ErasureStep

from .parts import NotYet

CONTEXT = "privacy_erasurestep.reference"
REFERENCE_BYTES = 20
EVERY = timedelta(days=1)
ESCALATES_AFTER = timedelta(days=7)


def reference_of(member_id: int) -> str:
    """Return by what recipients know whom to erase: always the same, and nothing can be read from it."""
    return base64.b32encode(blind_index(CONTEXT, str(member_id))[:REFERENCE_BYTES]).decode()


def name_of(recall: Recall) -> str:
    """Return by what a recall is known in the steps of an erasure."""
    return f"{recall.__module__}.{getattr(recall, '__name__', type(recall).__name__)}"


def tell(step: ErasureStep, now: datetime) -> None:
    """Call the recall of a step. Raises NotYet while it is not confirmed, LookupError if nobody declares it now."""
    name = step.name.removeprefix("recall:")
    recall = next((each for each in recalls() if name_of(each) == name), None)
    if recall is None:
        raise LookupError("no such recall")
    if recall(step.reference) is False:
        raise NotYet(now + EVERY)
    ErasureStep.objects.filter(pk=step.pk).update(reference="")


def is_overdue(step: ErasureStep, now: datetime) -> bool:
    """Say whether the recipients of a step have been silent for so long that staff have to see to it."""
    begun = step.request.begun_at
    return begun is not None and now >= begun + ESCALATES_AFTER
