"""Circles, and the choices of who sees what."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import DeleteRow
from catalogue.registry import register
from catalogue.vocabulary import Category, Purpose

register(
    PersonalData(
        model="privacy.Circle",
        subjects=("owner",),
        fields=(
            PersonalField(
                name="name",
                label=_("Name of a circle"),
                why=_("So that you recognise it. Nobody else sees it."),
                category=Category.UPLOADED,
                purpose=Purpose.RELATIONSHIPS,
                encrypted=True,
                erasure=DeleteRow(),
            ),
            PersonalField(
                name="created_at",
                label=_("Circle made"),
                category=Category.OBSERVED,
                purpose=Purpose.RELATIONSHIPS,
                erasure=DeleteRow(),
            ),
        ),
        not_personal={"id": "number of the row", "owner": "whose circle it is"},
    )
)


def _choice(name: str, label: Any) -> PersonalField:
    """Return the declaration of a choice about who sees what."""
    return PersonalField(
        name=name, label=label, category=Category.UPLOADED, purpose=Purpose.CHOICES, erasure=DeleteRow()
    )


register(
    PersonalData(
        model="privacy.CircleMember",
        subjects=("circle__owner", "person"),
        fields=(_choice("person", _("In a circle")),),
        not_personal={"id": "number of the row", "circle": "which circle"},
    )
)
register(
    PersonalData(
        model="privacy.FieldCircle",
        subjects=("owner",),
        fields=(_choice("circle", _("Circle that sees a field")),),
        not_personal={"id": "number of the row", "owner": "whose choice it is", "field": "name of a field"},
    )
)
register(
    PersonalData(
        model="privacy.FieldException",
        subjects=("owner", "person"),
        fields=(_choice("person", _("Excepted from a field")),),
        not_personal={"id": "number of the row", "owner": "whose choice it is", "field": "name of a field"},
    )
)
register(
    PersonalData(
        model="privacy.FieldReview",
        subjects=("member",),
        fields=(_choice("reviewed_at", _("Looked over")),),
        not_personal={"id": "number of the row", "member": "whose review it is", "field": "name of a field"},
    )
)

for model, columns in (
    ("privacy.FieldDefault", ("id", "field", "audience")),
    ("privacy.DefaultSet", ("id", "fingerprint", "audiences", "since")),
    ("privacy.AgeApplied", ("id", "age", "at")),
    ("privacy.RetentionRun", ("id", "started_at", "ended_at", "is_open", "counts", "lease", "lease_until")),
):
    register(PersonalData(model=model, not_personal=dict.fromkeys(columns, "of the site, not of a person")))
