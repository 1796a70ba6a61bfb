"""Versions of the policy, and who agreed to which."""

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import DeleteRow
from catalogue.registry import register
from catalogue.vocabulary import Basis, Category, Purpose

register(
    PersonalData(
        model="privacy.PolicyAcceptance",
        subjects=("member",),
        fields=(
            PersonalField(
                name="accepted_at",
                label=_("Agreed to the policy"),
                category=Category.REGISTRATION,
                purpose=Purpose.ACCOUNTABILITY,
                basis=Basis.LEGAL_OBLIGATION,
                masked=False,
                erasure=DeleteRow(),
            ),
            PersonalField(
                name="language",
                label=_("Language of the text agreed to"),
                category=Category.REGISTRATION,
                purpose=Purpose.ACCOUNTABILITY,
                basis=Basis.LEGAL_OBLIGATION,
                masked=False,
                erasure=DeleteRow(),
            ),
        ),
        not_personal={
            "id": "number of the row",
            "member": "who agreed",
            "version": "which version",
            "text_digest": "digest of a public text",
        },
    )
)
register(
    PersonalData(
        model="privacy.PolicyVersion",
        not_personal=dict.fromkeys(("id", "number", "body", "mode", "effective_at"), "of the site, not of a person"),
    )
)
