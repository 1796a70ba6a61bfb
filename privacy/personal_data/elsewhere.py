"""What lower storeys hold that know nothing of people: the keystore, and the history of the staff site."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import DeleteRow
from catalogue.registry import register
from catalogue.vocabulary import Basis, Category, Purpose

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
