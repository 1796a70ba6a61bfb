"""What members are told about the security of their account."""

from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from notifications.channels.kinds import Channel
from notifications.links import link
from notifications.notices import Category, Notice, Parameters, register

from .meanings import MEANINGS
from .models import Kind
from .observing import in_words


def _alert(parameters: Parameters) -> Parameters:
    meaning = MEANINGS[parameters["kind"]]
    return {
        "title": meaning.title,
        "text": meaning.text,
        "when": parameters["when"],
        "device": parameters["device"],
        "place": in_words(parameters["network"]),
        "not_me": link("security:not-me", parameters["token"]),
        "events": link("security:events"),
    }


def _new_browser() -> Parameters:
    when = datetime(2026, 5, 4, 18, 30, tzinfo=UTC)
    return {
        "kind": Kind.NEW_BROWSER.value,
        "when": when,
        "device": "Firefox on Linux",
        "network": "203.0.113.0/24",
        "token": "…",
    }


SECURITY_ALERT = register(
    Notice(
        slug="security-alert",
        category=Category.SECURITY,
        title=_("Something happened to the security of your account"),
        context=_alert,
        sample=_new_browser,
        # The page of events is its place on the site.
        channels=(Channel.EMAIL, Channel.SMS),
    )
)
