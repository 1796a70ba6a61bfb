"""Versions of the policy, and who agreed to which."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import Keep
from catalogue.registry import register
from catalogue.vocabulary import Basis, Category, Purpose

# As long as somebody can still claim that they never agreed.
CLAIMS_END = timedelta(days=6 * 365)


def _evidence(name: str, label: Any, **more: Any) -> PersonalField:
    """Return the declaration of what shows that somebody agreed; without their name it outlives their account."""
    return PersonalField(
        name=name,
        label=label,
        category=Category.REGISTRATION,
        purpose=Purpose.ACCOUNTABILITY,
        basis=Basis.LEGAL_OBLIGATION,
        masked=False,
        keep_for=CLAIMS_END,
        counted_from="left_at",
        erasure=Keep(because=_("to show what was agreed to, without saying by whom"), until=CLAIMS_END),
        **more,
    )


register(
    PersonalData(
        model="privacy.PolicyAcceptance",
        subjects=("member",),
        fields=(
            _evidence("accepted_at", _("Agreed to the policy")),
            _evidence("language", _("Language of the text agreed to")),
            _evidence("pseudonym", _("Keyed digest of the handle that agreed"), withheld=_("A digest says nothing.")),
        ),
        not_personal={
            "id": "number of the row",
            "member": "who agreed, until the account is erased",
            "version": "which version",
            "text_digest": "digest of a public text",
            "left_at": "when the account was erased, without saying which",
        },
    )
)

register(
    PersonalData(
        model="privacy.PolicyVersion",
        not_personal=dict.fromkeys(
            (
                "id",
                "number",
                "body",
                "summary",
                "mode",
                "effective_at",
                "stage",
                "came_with_site",
                "published_at",
                "data_table",
                "catalogue_fingerprint",
                "digest",
            ),
            "of the site, not of a person",
        )
        | dict.fromkeys(("written_by", "writers", "approved_by"), "members of staff"),
    )
)
