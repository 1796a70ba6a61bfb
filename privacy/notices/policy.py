"""What members are told about the policy."""

from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from notifications.channels.kinds import Channel
from notifications.links import link
from notifications.notices import Category, Notice, Parameters, register


def _with_version(parameters: Parameters) -> Parameters:
    return {**parameters, "link": link("privacy:policy-changes-of", parameters["number"])}


POLICY_CHANGED = register(
    Notice(
        slug="policy-changed",
        category=Category.LEGAL,
        title=_("The privacy policy changes"),
        context=_with_version,
        sample=lambda: {
            "version": 2,
            "number": "2",
            "asks": True,
            "effective_at": datetime(2026, 5, 4, 18, 30, tzinfo=UTC),
            "summary": "We keep records of sign-ins for 60 days instead of 90.",
        },
        channels=(Channel.EMAIL, Channel.SMS, Channel.SITE),
        for_many=True,
    )
)
