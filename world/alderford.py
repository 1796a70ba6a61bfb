"""Alderford, a small town of people who do not exist, as ``alderford.toml`` tells of it."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TOWN: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Resident:
    """Somebody who lives there."""

    handle: str
    name: str
    age: int
    born: tuple[int, int]
    pronouns: str
    school: str
    interests: str
    bio: str
    employer: str = ""
    shows: dict[str, str] = field(default_factory=dict)
    face: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Officer:
    """Somebody of staff, and what for."""

    handle: str
    role: str
    note: str


def _pairs(name: str) -> list[list[str]]:
    return [pair.split() for pair in _TOWN[name]]


RESIDENTS = [Resident(**(told | {"born": tuple(told["born"])})) for told in _TOWN["residents"]]
STAFF = [Officer(**told) for told in _TOWN["staff"]]
CIRCLES = [told | {"people": told["people"].split()} for told in _TOWN["circles"]]
CLUSTERS = [people.split() for people in _TOWN["clusters"].values()]
FRIENDS, BLOCKS, MUTES = map(_pairs, ("friends", "blocks", "mutes"))
STREETS: list[str] = _TOWN["streets"]
AWAY: dict[str, list[str]] = _TOWN["away"]
WITHOUT_PICTURE = frozenset(_TOWN["without_picture"])
