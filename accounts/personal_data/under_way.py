"""Pictures, what is under way about an account, and what an account leaves behind."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import ExternalStore, PersonalData, PersonalField
from catalogue.erasure import DeleteRow, Keep
from catalogue.registry import register, register_store
from catalogue.vocabulary import Basis, Category, Purpose

from ..leftovers import forget_pictures

register(
    PersonalData(
        model="accounts.Picture",
        subjects=("member",),
        fields=(
            PersonalField(
                name="uploaded_at",
                label=_("Picture uploaded"),
                category=Category.OBSERVED,
                purpose=Purpose.PROFILE,
                erasure=DeleteRow(),
            ),
        ),
        not_personal={"id": "random number", "member": "whose picture it is"},
    )
)

register(
    PersonalData(
        model="accounts.EmailChange",
        subjects=("member",),
        fields=tuple(
            PersonalField(
                name=name,
                label=label,
                category=Category.REGISTRATION,
                purpose=Purpose.SECURITY,
                keep_for=timedelta(days=7),
                counted_from="asked_at",
                encrypted=encrypted,
                erasure=DeleteRow(),
            )
            for name, label, encrypted in (
                ("former", _("Former e-mail address"), True),
                ("new", _("New e-mail address"), True),
                ("asked_at", _("Change of the e-mail address asked for"), False),
                ("confirmed_at", _("New e-mail address confirmed"), False),
            )
        ),
        not_personal={
            "id": "random number",
            "member": "whose address it is",
            "event": "which event it is",
            "former_index": "keyed digest of the former address, which nobody else may take meanwhile",
        },
    )
)
register(
    PersonalData(
        model="accounts.PhoneCode",
        subjects=("member",),
        not_personal={
            "member": "whose telephone it is",
            "digest": "keyed digest of a number and a random code",
            "tries_left": "how often the code may still be typed wrongly",
            "expires_at": "when the row goes",
        },
    )
)
register(
    PersonalData(
        model="accounts.StaffInvitation",
        subjects=("member",),
        fields=(
            PersonalField(
                name="invited_by",
                label=_("Who invited to the staff"),
                category=Category.REGISTRATION,
                purpose=Purpose.SECURITY,
                erasure=DeleteRow(),
            ),
            PersonalField(
                name="invited_at",
                label=_("Invited to the staff"),
                category=Category.REGISTRATION,
                purpose=Purpose.SECURITY,
                masked=False,
                erasure=DeleteRow(),
            ),
        ),
        not_personal={
            "digest": "digest of a random number",
            "member": "who is invited",
            "roles": "roles",
            "expires_at": "when the row goes",
        },
    )
)

register(
    PersonalData(
        model="accounts.Leftover",
        not_personal={
            "id": "number of the row",
            "subject": "random number of nobody who is here any more",
            "picture": "random number of a picture that is gone",
            "since": "when the row was made",
        },
    )
)
register(
    PersonalData(
        model="accounts.ReservedHandle",
        subjects=(),
        fields=(
            PersonalField(
                name="digest",
                label=_("Closed handle"),
                category=Category.REGISTRATION,
                purpose=Purpose.IDENTITY,
                basis=Basis.LEGITIMATE_INTEREST,
                erasure=Keep(because=_("so that nobody is mistaken for who had it"), until=None),
            ),
        ),
        not_personal={"id": "number of the row", "until": "when the row goes"},
    )
)
register_store(
    ExternalStore(
        name="uploads",
        holds=_("pictures, sealed with their owner's key"),
        erase=forget_pictures,
        models=("accounts.Picture",),
    )
)
register(
    PersonalData(
        model="accounts.InformationReview",
        subjects=("member",),
        fields=(
            PersonalField(
                name="confirmed_at",
                label=_("When you last said that all is right"),
                category=Category.REGISTRATION,
                purpose=Purpose.CHOICES,
                erasure=DeleteRow(),
            ),
            PersonalField(
                name="reminded_at",
                label=_("When you were last asked whether all is right"),
                category=Category.REGISTRATION,
                purpose=Purpose.CHOICES,
                erasure=DeleteRow(),
            ),
        ),
        not_personal={"member": "whose review it is"},
    )
)
