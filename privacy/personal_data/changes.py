"""The history of one's own changes."""

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import DeleteRow
from catalogue.registry import register
from catalogue.vocabulary import Category, Purpose
from privacy.changes import KEPT

register(
    PersonalData(
        model="privacy.Change",
        subjects=("member",),
        fields=tuple(
            PersonalField(
                name=name,
                label=label,
                category=Category.OBSERVED,
                purpose=Purpose.ACCOUNTABILITY,
                keep_for=KEPT,
                counted_from="at",
                erasure=DeleteRow(),
            )
            for name, label in (
                ("field", _("Which field was changed")),
                ("kind", _("What happened to it")),
                ("by", _("By whom")),
                ("at", _("When it was changed")),
            )
        ),
        not_personal={"id": "number of the row", "member": "whose data it is"},
    )
)
