"""The ways to a member."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """A way to a member. What stands on the site waits there; everything else is handed over to somebody."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")
    SITE = "site", _("Inbox")


# By which a member can choose to hear news, or not.
CHOSEN = (Channel.EMAIL, Channel.SITE)
EVERYWHERE, NOWHERE = frozenset(CHOSEN), frozenset[Channel]()
