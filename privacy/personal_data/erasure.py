"""Requests for erasure, and what the law forbids to erase for a while."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import Keep
from catalogue.registry import register
from catalogue.vocabulary import Basis, Category, Purpose

KEPT = timedelta(days=6 * 365)

register(
    PersonalData(
        model="privacy.ErasureRequest",
        subjects=("member",),
        fields=tuple(
            PersonalField(
                name=name,
                label=label,
                category=Category.OBSERVED,
                purpose=Purpose.ACCOUNTABILITY,
                basis=Basis.LEGAL_OBLIGATION,
                masked=False,
                erasure=Keep(because=_("to show that somebody was erased, and when; it does not say who"), until=KEPT),
            )
            for name, label in (
                ("asked_at", _("Erasure asked for")),
                ("due_at", _("Erasure due")),
                ("kept_at", _("Account kept after all")),
            )
        ),
        not_personal={
            "id": "random number",
            "member": "whose account it is; nobody's once they are erased",
            "origin": "who asked, as a kind",
            "asked_by": "member of staff",
            "because": "a word or the number of a case",
            "begun_at": "when the site began",
            "erased_at": "when the site had erased",
            "done_at": "when everything was over",
            "certificate": "digest of a text that names nobody",
        },
    )
)
register(
    PersonalData(
        model="privacy.ErasureStep",
        not_personal={
            "id": "random number",
            "request": "which request",
            "phase": "of the site",
            "stage": "of the site",
            "position": "of the site",
            "name": "name of a model, a store or a recipient",
            "state": "how far it has come",
            "attempts": "count",
            "rows": "count",
            "error": "class of an error",
            "due_at": "when it is tried",
            "lease": "random number of the worker",
            "lease_until": "how long a worker holds it",
            "done_at": "when it was done",
            "has_key": "whether something is held",
            "reference": "a pseudonym that recipients know, forgotten when they have erased",
        },
    )
)
register(
    PersonalData(
        model="privacy.LegalHold",
        # What a court ordered is about the order. Whether its subject may know of it is said by ``secret_until``: see
        # ``privacy.holds.told_to``.
        subjects=("member",),
        not_personal={
            "id": "random number",
            "member": "whose data are held; nobody's once they are erased",
            "ground": "kind of ground",
            "reference": "file number of a court or an authority",
            "held": "names of models",
            "asked_by": "member of staff",
            "asked_at": "act of the staff",
            "asked_end": "act of the staff",
            "approved_by": "member of staff",
            "approved_at": "act of the staff",
            "ends_at": "term of the order",
            "secret_until": "term of the order",
            "lifted_by": "member of staff",
            "lifted_at": "act of the staff",
        },
    )
)
