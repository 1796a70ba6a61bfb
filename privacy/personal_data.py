"""The personal data that the policy at work itself needs."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import DeleteRow
from catalogue.registry import register
from catalogue.vocabulary import Basis, Category, Purpose

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
for model, columns in (
    ("privacy.FieldDefault", ("id", "field", "audience")),
    ("privacy.DefaultSet", ("id", "fingerprint", "audiences", "since")),
    ("privacy.AgeApplied", ("id", "age", "at")),
    ("privacy.PolicyVersion", ("id", "number", "body", "mode", "effective_at")),
):
    register(PersonalData(model=model, not_personal=dict.fromkeys(columns, "of the site, not of a person")))
register(
    PersonalData(
        model="encryption.MemberKey",
        not_personal={
            "id": "number of the row",
            "subject": "random number of a member",
            "generation": "number of the key",
            "ring_key": "number of the wrapping key",
            "wrapped": "random key, wrapped",
            "created_at": "age of the key",
            "destroyed_at": "tombstone: that a key was here, not whose",
        },
    )
)
register(
    PersonalData(
        model="encryption.ReEncryption",
        not_personal=dict.fromkeys(("id", "started_at", "finished_at"), "of a run of the site, not of a person"),
    )
)


def _act(name: str, label: Any) -> PersonalField:
    """Return the declaration of something that staff did in the back office; their history keeps it for a year."""
    return PersonalField(
        name=name,
        label=label,
        category=Category.OBSERVED,
        purpose=Purpose.ACCOUNTABILITY,
        basis=Basis.LEGITIMATE_INTEREST,
        keep_for=timedelta(days=365),
        counted_from="action_time",
        erasure=DeleteRow(),
    )


# Written by ``backoffice.pages``: what was changed is named by its number, so that nobody's handle outlives them here.
register(
    PersonalData(
        model="admin.LogEntry",
        subjects=("user",),
        fields=(
            _act("user", _("Who on the staff acted")),
            _act("action_time", _("When staff acted")),
            _act("object_id", _("Number of what was changed")),
            _act("object_repr", _("What was changed")),
            _act("action_flag", _("Kind of act")),
            _act("change_message", _("Which fields were changed")),
        ),
        not_personal={"id": "number of the row", "content_type": "kind of what was changed"},
    )
)
