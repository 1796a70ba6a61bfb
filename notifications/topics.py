"""What a member can choose to hear about."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Topic(models.TextChoices):
    """News that can be declined: about the service, wanted unless declined; and marketing, declined unless wanted."""

    PRODUCT = "product", _("What is new in Hedgerow")
    DIGEST = "digest", _("Reminders")
    NEWS = "news", _("News of the organisation")
    TIPS = "tips", _("Tips and offers")

    @property
    def is_marketing(self) -> bool:
        """Say whether it is marketing."""
        return self in (Topic.NEWS, Topic.TIPS)

    @property
    def says(self) -> Any:
        """Return in a few words what comes of it, and how often."""
        return _SAYS[self]


_SAYS = {
    Topic.PRODUCT: _("What changed and how to use it, a few times a year"),
    Topic.DIGEST: _("What waits for you here, such as your privacy check-up; every three months at most"),
    Topic.NEWS: _("What the people behind this site are up to, once a month at most. Off unless you turn it on"),
    Topic.TIPS: _("Offers of ours, never of others. Off unless you turn it on"),
}
MARKETING = tuple(topic for topic in Topic if topic.is_marketing)
