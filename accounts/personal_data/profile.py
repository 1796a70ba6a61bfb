"""What members tell of themselves, each value with an audience of its own."""

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import Blank, Replace, Text
from catalogue.registry import register
from catalogue.vocabulary import Audience, Category, Purpose

from .member import INDEX_REASON

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
