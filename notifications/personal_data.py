"""What telling people something leaves behind: for ninety days that they were told, and, sealed, what stands on the
site."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import Blank, DeleteRow
from catalogue.registry import register
from catalogue.vocabulary import Category, Purpose

from .housekeeping import KEPT


def _told(name: str, label: Any, **particulars: Any) -> PersonalField:
    usual: dict[str, Any] = {"category": Category.REGISTRATION, "purpose": Purpose.SERVICE_NOTICES, "erasure": Blank()}
    return PersonalField(name=name, label=label, keep_for=KEPT, counted_from="settled_at", **(usual | particulars))


register(
    PersonalData(
        model="notifications.Notification",
        subjects=("member",),
        fields=(
            _told(
                "parameters",
                _("What a notice was filled with"),
                encrypted=True,
                withheld=_("It may hold a link that opens your account. The mail itself has it."),
            ),
            _told("address", _("Address of a notice"), encrypted=True),
        ),
        not_personal={
            "id": "number of the row",
            "member": "who is told",
            "notice": "name of the notice",
            "campaign": "number of the campaign it belongs to",
            "occasion": "what it is about, without a value",
            "channel": "by which way it goes",
            "is_on_site": "whether it stands in the inbox",
            "is_read": "whether it counts as new there",
            "state": "how far it has come",
            "reason": "a word or a code of the mail server",
            "attempts": "count",
            "is_repeated": "whether it may have left twice",
            "can_wait": "whether many are told the same",
            "created_at": "when it was written",
            "due_at": "when it may leave",
            "expires_at": "when it is of no use any more",
            "lease_until": "how long a worker holds it",
            "lease": "random number of the worker",
            "settled_at": "when it came to its end",
            "sealed_by": "number of a key, and of nobody",
        },
    )
)


def _chosen(name: str, label: Any) -> PersonalField:
    return PersonalField(
        name=name, label=label, category=Category.REGISTRATION, purpose=Purpose.CHOICES, erasure=DeleteRow()
    )


register(
    PersonalData(
        model="notifications.Preference",
        subjects=("member",),
        fields=(
            _chosen("topic", _("What you chose about")),
            _chosen("channel", _("By which channel")),
            _chosen("wanted", _("Whether you want to hear about it")),
            _chosen("changed_at", _("When you chose")),
        ),
        not_personal={"id": "number of the row", "member": "whose choice it is"},
    )
)
register(
    PersonalData(
        model="notifications.Suppression",
        not_personal={
            "id": "number of the row",
            "digest": "keyed digest of an address",
            "reason": "why nothing is sent there",
            "code": "code of the mail server",
            "since": "when that was found out",
        },
    )
)
register(
    PersonalData(
        model="notifications.RestingDomain",
        not_personal={
            "id": "number of the row",
            "digest": "keyed digest of a domain",
            "refusals": "count",
            "until": "until when nothing is sent there",
        },
    )
)
register(
    PersonalData(
        model="notifications.Campaign",
        not_personal={
            "id": "number of the row",
            "notice": "name of the notice",
            "audience": "name of a group of members",
            "parameters": "words of the staff, the same for all",
            "starts_at": "when it may begin",
            "stage": "how far it has come",
            "needs_approval": "whether a second member of staff has to agree",
            "written_by": "member of staff",
            "writers": "members of staff",
            "approved_by": "member of staff",
            "approved": "fingerprint of the words",
            "created_at": "when it was written",
            "begun_at": "when counting began",
            "gathered_upto": "number of the member it has come to",
            "gathered_at": "when everybody was counted",
            "recipients": "count",
            "ended_at": "when it came to its end",
            "totals": "counts",
        },
    )
)
register(
    PersonalData(
        model="notifications.Announcement",
        not_personal={
            "id": "number of the row",
            "text": "words of the staff, the same for all",
            "page": "a page of ours",
            "reach": "which group sees it",
            "is_warning": "how it looks",
            "starts_at": "from when it is shown",
            "ends_at": "until when it is shown",
            "written_by": "member of staff",
        },
    )
)
register(
    PersonalData(
        model="notifications.Announced",
        subjects=("member",),
        fields=(_chosen("is_put_away", _("Whether you put an announcement away")),),
        not_personal={"id": "number of the row", "announcement": "which one", "member": "to whom it is shown"},
    )
)
