"""The demo world: Alderford, in the form of any other described world."""

import base64
import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from privacy.policy.first import first_policy_text

from .alderford import (
    AWAY,
    BLOCKS,
    CIRCLES,
    CLUSTERS,
    FRIENDS,
    MUTES,
    RESIDENTS,
    STAFF,
    STREETS,
    WITHOUT_PICTURE,
    Officer,
    Resident,
)
from .description import World
from .faces import SIZE, draw_face
from .reading import parse

PASSWORD = "hedge-and-meadow-26"  # noqa: S105  # of people who do not exist, in development only
OPENED = 500  # days ago
RESIDENT = {resident.handle: resident for resident in RESIDENTS}


class DemoAccount(NamedTuple):
    """Somebody to sign in as."""

    who: str
    email: str
    password: str
    note: str


def accounts() -> list[DemoAccount]:
    """Return the accounts worth signing in with: the cast, and one of staff for each role."""
    cast = {
        "rose": "member; has circles, exceptions, and blocked nettle",
        "fern": "a friend of rose",
        "moss": "a member who is no friend of rose",
        "nettle": "blocked by rose",
        "bud": "a juvenile",
    }
    members = [DemoAccount(f"@{handle}", email_of(handle), PASSWORD, note) for handle, note in cast.items()]
    staff = [
        DemoAccount(
            f"@{one.handle}",
            email_of(one.handle),
            PASSWORD,
            f"staff: {one.note}; second step {totp_secret(one.handle)}",
        )
        for one in STAFF
    ]
    return members + staff


def read(*, face_size: int = SIZE) -> World:
    """Return the demo world, checked as any file is."""
    return parse(world(), pictures=lambda name: face(name, face_size))


def face(name: str, size: int = SIZE) -> bytes:
    """Return the picture called ``faces/rose.png``."""
    resident = RESIDENT[name.removeprefix("faces/").removesuffix(".png")]
    return draw_face(resident.handle, age=resident.age, size=size, **(beardless(resident) | resident.face))


def beardless(resident: Resident) -> dict[str, Any]:
    """Return what keeps a beard off a face that nobody calls his."""
    return {} if "he" in resident.pronouns.split("/") else {"beard": False}


def world() -> dict[str, Any]:
    """Return Alderford as a world file would describe it, everybody as old today as it says."""
    now = timezone.now()
    return {
        "members": [member(number, resident, now) for number, resident in enumerate(RESIDENTS)],
        "staff": [staff(officer) for officer in STAFF],
        "friendships": friendships(),
        "circles": [{"owner": told["owner"], "name": told["name"], "members": told["people"]} for told in CIRCLES],
        "blocks": BLOCKS,
        "mutes": MUTES,
        "policies": [
            {
                "version": "1",
                "effective": (now - timedelta(days=OPENED)).isoformat(),
                "mode": "tell",
                "body": first_policy_text(),
            }
        ],
    }


def member(number: int, resident: Resident, now: datetime) -> dict[str, Any]:
    joined = datetime.combine(now.date() - timedelta(days=OPENED - 3 - number * 11), time(18, number % 60), UTC)
    return {
        "handle": resident.handle,
        "email": email_of(resident.handle),
        "password": PASSWORD,
        "profile": profile(number, resident, now.date()),
        "audiences": {field: audience(words) for field, words in resident.shows.items()},
        "joined": joined.isoformat(),
    }


def profile(number: int, resident: Resident, today: date) -> dict[str, Any]:
    """Return what a resident tells; what they do not have is left out."""
    city, country = AWAY.get(resident.handle, ("Alderford", "GB"))
    values = {
        "display_name": resident.name,
        "bio": resident.bio,
        "picture": f"faces/{resident.handle}.png" if resident.handle not in WITHOUT_PICTURE else "",
        "website": f"https://{resident.handle}.example/" if "website" in resident.shows else "",
        "pronouns": resident.pronouns,
        "city": city,
        "country": country,
        "employer": resident.employer,
        "school": resident.school,
        "interests": resident.interests.split(", "),
        "birth_date": born(resident, today).isoformat(),
        # The numbers that Ofcom keeps for drama: nobody answers.
        "phone": f"+44 7700 900{100 + number}",
        "postal_address": f"{3 + number * 2} {STREETS[number % len(STREETS)]}\n{city}",
    }
    return {name: value for name, value in values.items() if value}


def born(resident: Resident, today: date) -> date:
    """Return the birth date that makes a resident exactly as old today as the town says."""
    month, day = resident.born
    return date(today.year - resident.age - ((month, day) > (today.month, today.day)), month, day)


def audience(words: str) -> dict[str, Any]:
    """Return an audience from a few words: ``friends -moss``, ``circles Family/Allotment``."""
    listed, *exceptions = words.split(" -")
    level, _space, circles = listed.partition(" ")
    chosen: dict[str, Any] = {"audience": level}
    if circles:
        chosen["circles"] = circles.split("/")
    if exceptions:
        chosen["except"] = exceptions
    return chosen


def friendships() -> list[list[str]]:
    """Return who is friends with whom: most of every cluster, and some across."""
    pairs = list(FRIENDS)
    for people in CLUSTERS:
        steps = (1, 2) if len(people) > 6 else (1,)
        pairs += [[one, people[(place + step) % len(people)]] for step in steps for place, one in enumerate(people)]
    unlike = {frozenset(pair): pair for pair in pairs if len(set(pair)) == 2}
    return list(unlike.values())


def staff(officer: Officer) -> dict[str, Any]:
    return {
        "handle": officer.handle,
        "email": email_of(officer.handle),
        "password": PASSWORD,
        "roles": [officer.role],
        "totp_secret": totp_secret(officer.handle),
    }


def totp_secret(handle: str) -> str:
    """Return the same second-factor secret for a handle every time: the demo prints it anyway."""
    return base64.b32encode(hashlib.sha256(f"demo {handle}".encode()).digest()[:20]).decode()


def email_of(handle: str) -> str:
    return f"{handle}@alderford.example"
