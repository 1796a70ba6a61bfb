"""Downloads of everything."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import ExternalStore, PersonalData, PersonalField
from catalogue.erasure import DeleteRow
from catalogue.registry import register, register_store
from catalogue.vocabulary import Category, Purpose
from privacy.download.asking import forget


def _when(name: str, label: Any) -> PersonalField:
    return PersonalField(
        name=name, label=label, category=Category.OBSERVED, purpose=Purpose.ACCOUNTABILITY, erasure=DeleteRow()
    )


register(
    PersonalData(
        model="privacy.Download",
        subjects=("member",),
        fields=(_when("asked_at", _("Download asked for")), _when("ready_at", _("Download ready"))),
        not_personal={
            "id": "random number",
            "member": "whose download it is",
            "state": "how far it has come",
            "expires_at": "when it goes",
            "done": "count",
            "total": "count",
            "parts": "count",
            "size": "bytes",
            "attempts": "count",
            "lease": "random number of the worker",
            "lease_until": "how long a worker holds it",
        },
    )
)
register_store(
    ExternalStore(
        name="downloads",
        holds=_("files with everything about one member, sealed with their key, for a week"),
        erase=forget,
        models=("privacy.Download",),
    )
)
