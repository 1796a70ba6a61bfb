"""A tiny world that fits, for tests to spoil."""

from datetime import date
from typing import Any

from django.utils import timezone

from world.description import World
from world.reading import parse

PASSWORD = "correct-horse-battery-9"


def born(age: int) -> str:
    today = timezone.localdate()
    return date(today.year - age, 1, 1).isoformat()


TINY: dict[str, Any] = {
    "members": [
        {
            "handle": "rose",
            "email": "rose@example.org",
            "password": PASSWORD,
            "profile": {
                "display_name": "Rose",
                "bio": "Beans.\nAnd bells.",
                "city": "Lisbon",
                "country": "PT",
                "phone": "+351210000000",
                "interests": ["beans", "bells"],
                "birth_date": "1990-04-01",
            },
            "audiences": {
                "city": {"audience": "friends"},
                "phone": {"audience": "circles", "circles": ["family"], "except": ["moss"]},
                "interests": {"audience": "members", "except": ["moss"]},
                "birth_date": {"audience": "everyone"},
            },
            "joined": "2025-01-05T10:00:00Z",
        },
        {"handle": "fern", "email": "fern@example.org", "password": PASSWORD, "profile": {"display_name": "Fern"}},
        {"handle": "moss", "email": "moss@example.org", "password": PASSWORD, "verified": False},
        {"handle": "nettle", "email": "nettle@example.org", "password": PASSWORD},
        {
            "handle": "bud",
            "email": "bud@example.org",
            "password": PASSWORD,
            "profile": {"display_name": "Bud", "city": "Lisbon", "birth_date": born(15)},
            "audiences": {"city": {"audience": "everyone"}, "bio": {"audience": "only_me"}},
        },
    ],
    "staff": [{"handle": "warden", "email": "warden@example.org", "password": PASSWORD, "roles": ["support"],
               "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}],
    "friendships": [["rose", "fern"], ["rose", "nettle"]],
    "circles": [{"owner": "rose", "name": "family", "members": ["fern", "moss"]}],
    "blocks": [["rose", "nettle"]],
    "mutes": [["rose", "moss"]],
}  # fmt: skip


def tiny() -> World:
    return parse(TINY)
