"""A member: who they are here, and how they sign in."""

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import DeleteRow
from catalogue.registry import register
from catalogue.vocabulary import Audience, Category, Purpose

INDEX_REASON = "keyed digest of the field beside it, blank once that is"

register(
    PersonalData(
        model="accounts.Member",
        subjects=("self",),
        fields=(
            PersonalField(
                name="handle",
                label=_("Handle"),
                why=_("Your address here. Always public, and never given to anyone else afterwards."),
                category=Category.REGISTRATION,
                purpose=Purpose.IDENTITY,
                audience=Audience.EVERYONE,
                masked=False,
                erasure=DeleteRow(),
            ),
            PersonalField(
                name="email",
                label=_("E-mail"),
                why=_("To sign in, and for notices you must get. Nobody sees it unless you say so."),
                category=Category.REGISTRATION,
                purpose=Purpose.SIGN_IN,
                settable=True,
                shareable=True,
                encrypted=True,
                erasure=DeleteRow(),
            ),
            PersonalField(
                name="password",
                label=_("Password"),
                why=_("To sign in. We keep only a digest of it."),
                withheld=_("Nobody can read it, we neither: only a digest is kept."),
                category=Category.REGISTRATION,
                purpose=Purpose.SIGN_IN,
                erasure=DeleteRow(),
            ),
            PersonalField(
                name="joined_at",
                label=_("Joined"),
                category=Category.OBSERVED,
                purpose=Purpose.SECURITY,
                masked=False,
                erasure=DeleteRow(),
            ),
            PersonalField(
                name="cancelled_at",
                label=_("Account cancelled"),
                category=Category.OBSERVED,
                purpose=Purpose.SECURITY,
                masked=False,
                erasure=DeleteRow(),
            ),
            PersonalField(
                name="email_verified_at",
                label=_("E-mail confirmed"),
                category=Category.OBSERVED,
                purpose=Purpose.SECURITY,
                masked=False,
                erasure=DeleteRow(),
            ),
            PersonalField(
                name="time_zone",
                label=_("Time zone"),
                why=_("To show times as your clock does. Nobody else sees it."),
                category=Category.UPLOADED,
                purpose=Purpose.PROFILE,
                encrypted=True,
                erasure=DeleteRow(),
            ),
        ),
        not_personal={
            "id": "random number",
            "email_index": INDEX_REASON,
            "is_active": "state of the account",
            "is_staff": "role",
            "is_superuser": "role",
            "joined_under": "which defaults were in force",
            "groups": "roles",
            "user_permissions": "rights",
        },
    )
)
