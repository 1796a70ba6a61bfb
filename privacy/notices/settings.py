"""What members are told about their settings."""

from django.utils.translation import gettext_lazy as _

from notifications.channels.kinds import Channel
from notifications.links import link
from notifications.notices import Category, Notice, Parameters, register
from notifications.topics import Topic


def _with_link(parameters: Parameters) -> Parameters:
    return {**parameters, "link": link("privacy:check-up")}


CHECK_UP = register(
    Notice(
        slug="check-up",
        category=Category.PRODUCT,
        topic=Topic.DIGEST,
        title=_("Your privacy check-up waits"),
        context=_with_link,
        sample=dict,
        channels=(Channel.EMAIL, Channel.SITE),
    )
)
LOOK_OVER = register(
    Notice(
        slug="look-over",
        category=Category.PRODUCT,
        topic=Topic.DIGEST,
        title=_("Once a year: who sees what of you?"),
        context=lambda parameters: {**parameters, "link": link("privacy:settings-privacy")},
        sample=dict,
        channels=(Channel.EMAIL, Channel.SITE),
    )
)
