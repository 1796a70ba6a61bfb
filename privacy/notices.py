"""What members are told about their settings, and when they are erased."""

import json
from typing import Any

from django.utils.translation import gettext_lazy as _

from notifications.channels.kinds import Channel
from notifications.links import link
from notifications.notices import Category, Enclosure, Notice, Parameters, register
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


def _with_certificate(parameters: Parameters) -> Parameters:
    said = json.loads(parameters["certificate"])["statement"]
    return {**parameters, "said": said, "link": link("privacy:verify-certificate")}


def _certificate_enclosed(parameters: Parameters) -> tuple[Enclosure, ...]:
    return (("certificate-of-erasure.json", parameters["certificate"], "application/json"),)


def _sample() -> dict[str, Any]:
    said = {
        "number": "4711",
        "asked_at": "2026-05-04T18:30:00+00:00",
        "unreadable_since": "2026-05-18T18:31:00+00:00",
        "certified_at": "2026-05-18T18:32:00+00:00",
        "erased": [{"model": "accounts.Profile", "name": "profiles", "categories": ["uploaded"], "rows": 1}],
        "stores": ["pictures"],
        "told": [],
        "being_told": [],
        "kept": [{"model": "accounts.ReservedHandle", "name": "reserved handles", "because": "…", "days": None}],
        "fading": [{"what": "backups", "days": 30}],
        "held": [],
    }
    return {"certificate": json.dumps({"statement": said}), "by_staff": False, "is_child": False}


ACCOUNT_ERASED = register(
    Notice(
        slug="account-erased",
        category=Category.SERVICE,
        title=_("Your account is erased"),
        context=_with_certificate,
        sample=_sample,
        bound=True,
        encloses=_certificate_enclosed,
    )
)
