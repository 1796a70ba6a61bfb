"""The personal data of people: what is held, why, who sees it at first, and what becomes of it."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import ExternalStore, PersonalData, PersonalField
from catalogue.erasure import Blank, DeleteRow, Keep, Replace, Text
from catalogue.registry import register, register_store
from catalogue.vocabulary import Audience, Basis, Category, Purpose

from .leftovers import forget_pictures

WITH_AN_AUDIENCE = (
    "display_name",
    "bio",
    "picture",
    "website",
    "pronouns",
    "city",
    "country",
    "employer",
    "school",
    "interests",
    "birthday",
    "birth_date",
    "email",
    "phone",
    "postal_address",
)
AUDIENCE_REASON = "a choice about a field, not a fact about the person"
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


def _told(name: str, label: Text, why: Text, audience: Audience, **particulars: object) -> PersonalField:
    """Return the declaration of something that members tell of themselves if they like."""
    usual = {"category": Category.UPLOADED, "purpose": Purpose.PROFILE, "shareable": True}
    return PersonalField(
        name=name,
        label=label,
        why=why,
        audience=audience,
        settable=True,
        encrypted=True,
        erasure=Blank(),
        **(usual | particulars),  # type: ignore[arg-type]
    )


register(
    PersonalData(
        model="accounts.Profile",
        subjects=("member",),
        fields=(
            _told(
                "display_name",
                _("Display name"),
                _("What people call you here."),
                Audience.EVERYONE,
                purpose=Purpose.IDENTITY,
                searchable=True,
            ),
            _told("bio", _("Bio"), _("A few words about you, for whom you choose."), Audience.EVERYONE),
            _told("picture", _("Picture"), _("So that people recognise you."), Audience.EVERYONE),
            _told("website", _("Website"), _("Where else to read you."), Audience.MEMBERS),
            _told("pronouns", _("Pronouns"), _("So that people address you rightly."), Audience.MEMBERS),
            _told(
                "city",
                _("City"),
                _("To be found by neighbours who may see it."),
                Audience.MEMBERS,
                purpose=Purpose.BEING_FOUND,
                searchable=True,
            ),
            _told("country", _("Country"), _("To be found by people near you."), Audience.MEMBERS),
            _told(
                "employer",
                _("Employer"),
                _("To be found by colleagues who may see it."),
                Audience.MEMBERS,
                purpose=Purpose.BEING_FOUND,
                searchable=True,
            ),
            _told(
                "school",
                _("School"),
                _("To be found by schoolmates who may see it."),
                Audience.MEMBERS,
                purpose=Purpose.BEING_FOUND,
                searchable=True,
            ),
            _told("interests", _("Interests"), _("To find people who like what you like."), Audience.MEMBERS),
            _told(
                "birthday",
                _("Birthday"),
                _("Day and month of your birth date, so that friends can wish you well."),
                Audience.FRIENDS,
                derived_from="birth_date",
            ),
            _told(
                "birth_date",
                _("Birth date"),
                _("To keep children out and juveniles safe. Nobody sees it unless you say so."),
                Audience.ONLY_ME,
                category=Category.REGISTRATION,
                purpose=Purpose.AGE_PROTECTION,
                shareable=False,
            ),
            _told(
                "phone",
                _("Phone"),
                _("For people whom you let call you."),
                Audience.ONLY_ME,
                purpose=Purpose.CONTACT_BY_FRIENDS,
            ),
            _told(
                "postal_address",
                _("Postal address"),
                _("For people whom you let write to you."),
                Audience.ONLY_ME,
                purpose=Purpose.CONTACT_BY_FRIENDS,
            ),
            PersonalField(
                name="phone_verified_at",
                label=_("Phone confirmed"),
                category=Category.OBSERVED,
                purpose=Purpose.SECURITY,
                masked=False,
                erasure=Blank(),
            ),
            PersonalField(
                name="public_name",
                label=_("Public name"),
                why=_("Your display name in the open, while everyone or all members may see it."),
                category=Category.UPLOADED,
                purpose=Purpose.BEING_FOUND,
                audience=Audience.MEMBERS,
                searchable=True,
                masked=False,
                erasure=Replace(""),
            ),
            PersonalField(
                name="name_for_search",
                label=_("Public name, as search compares it"),
                why=_("Your public name in small letters, so that you are found however it is typed."),
                category=Category.UPLOADED,
                purpose=Purpose.BEING_FOUND,
                audience=Audience.MEMBERS,
                searchable=True,
                masked=False,
                erasure=Replace(""),
            ),
            PersonalField(
                name="listed",
                label=_("Listed"),
                why=_("Whether directory, search and suggestions may show you."),
                category=Category.UPLOADED,
                purpose=Purpose.BEING_FOUND,
                erasure=Replace(value=False),
            ),
        ),
        not_personal={
            "member": "whose profile it is",
            "city_index": INDEX_REASON,
            "employer_index": INDEX_REASON,
            "school_index": INDEX_REASON,
            **{f"{name}_audience": AUDIENCE_REASON for name in WITH_AN_AUDIENCE},
        },
    )
)

for model, people, when, purpose in (
    ("accounts.Friendship", ("person", "friend"), "since", Purpose.RELATIONSHIPS),
    ("accounts.FriendRequest", ("sender", "recipient"), "asked_at", Purpose.RELATIONSHIPS),
    ("accounts.Decline", ("decliner", "asker"), "at", Purpose.CHOICES),
    ("accounts.Block", ("blocker", "blocked"), "since", Purpose.SAFETY),
    ("accounts.Mute", ("muter", "muted"), "since", Purpose.RELATIONSHIPS),
):
    register(
        PersonalData(
            model=model,
            subjects=people,
            fields=tuple(
                PersonalField(name=name, label=label, category=Category.UPLOADED, purpose=purpose, erasure=DeleteRow())
                for name, label in ((people[0], _("Who")), (people[1], _("Whom")), (when, _("Since")))
            ),
            not_personal={"id": "number of the row"},
        )
    )

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
        not_personal={"id": "random number", "member": "whose address it is"},
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
register_store(ExternalStore(name="uploads", holds=_("pictures, sealed with their owner's key"), erase=forget_pictures))
