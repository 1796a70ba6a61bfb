"""Requests for erasure."""

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import DeleteRow
from catalogue.registry import register
from catalogue.vocabulary import Category, Purpose

register(
    PersonalData(
        model="privacy.ErasureRequest",
        subjects=("member",),
        fields=tuple(
            PersonalField(
                name=name,
                label=label,
                category=Category.OBSERVED,
                purpose=Purpose.SECURITY,
                masked=False,
                erasure=DeleteRow(),
            )
            for name, label in (
                ("asked_at", _("Erasure asked for")),
                ("due_at", _("Erasure due")),
                ("kept_at", _("Account kept after all")),
            )
        ),
        not_personal={
            "id": "random number",
            "member": "whose account it is",
            "origin": "who asked, as a kind",
            "asked_by": "member of staff",
        },
    )
)
