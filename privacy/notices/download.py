"""What members are told about their downloads."""

from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from notifications.channels.kinds import Channel
from notifications.links import link
from notifications.notices import Category, Notice, register

DOWNLOAD_READY = register(
    Notice(
        slug="download-ready",
        category=Category.SERVICE,
        title=_("Your download is ready"),
        context=lambda parameters: {**parameters, "link": link("privacy:download")},
        sample=lambda: {"until": datetime(2026, 5, 11, 18, 30, tzinfo=UTC)},
        channels=(Channel.EMAIL, Channel.SITE),
    )
)
