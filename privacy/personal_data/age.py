"""Cases of age. They are about the member, and sealed with their key: they go when it goes."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import DeleteRow
from catalogue.registry import register
from catalogue.vocabulary import Basis, Category, Purpose

# Long enough to see that somebody is reported again and again.
KEPT = timedelta(days=180)

register(
    PersonalData(
        model="privacy.AgeCase",
        subjects=("member",),
        concealed=_("Whoever reports that an account is a child's must not be found out by it, nor be silenced."),
        fields=tuple(
            PersonalField(
                name=name,
                label=label,
                category=Category.OBSERVED,
                purpose=Purpose.AGE_PROTECTION,
                basis=Basis.LEGITIMATE_INTEREST,
                keep_for=KEPT,
                counted_from="closed_at",
                encrypted=encrypted,
                masked=encrypted,
                erasure=DeleteRow(),
            )
            for name, label, encrypted in (
                ("told", _("What was told about your age"), True),
                ("finding", _("What staff found about your age"), True),
                ("opened_at", _("Your age put into question"), False),
                ("closed_at", _("Question of your age settled"), False),
            )
        ),
        not_personal={
            "id": "random number",
            "member": "whose age it is",
            "stage": "how far staff have come, whatever they find",
            "decided_by": "member of staff",
            "approved_by": "member of staff",
        },
    )
)
