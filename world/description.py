"""What a described world holds, once it has been read and found to fit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from catalogue.vocabulary import Audience

Pair = tuple[str, str]


@dataclass(frozen=True)
class DescribedAudience:
    """Who shall see one field: circles by name, exceptions by handle."""

    audience: Audience
    circles: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class DescribedMember:
    """A member; ``path`` is where the file describes them, for what only a verb can refuse."""

    path: str
    handle: str
    email: str = field(repr=False)
    password: str = field(repr=False)
    verified: bool = True
    profile: Mapping[str, Any] = field(default_factory=dict, repr=False)
    picture: Callable[[], bytes] | None = None
    audiences: Mapping[str, DescribedAudience] = field(default_factory=dict)
    tailoring: bool | None = None
    joined: datetime | None = None


@dataclass(frozen=True)
class DescribedStaff:
    """A member of staff and their roles."""

    path: str
    handle: str
    email: str = field(repr=False)
    password: str = field(repr=False)
    roles: tuple[str, ...] = ()
    totp_secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class DescribedCircle:
    """A circle of one member."""

    path: str
    owner: str
    name: str = field(repr=False)
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class DescribedPolicy:
    """A version of the policy."""

    path: str
    version: str
    body: str = field(repr=False)
    mode: str = "tell"
    effective: datetime | None = None


@dataclass(frozen=True)
class World:
    """A whole described world. ``left_out`` names what this installation cannot load."""

    members: tuple[DescribedMember, ...] = ()
    staff: tuple[DescribedStaff, ...] = ()
    friendships: tuple[Pair, ...] = ()
    circles: tuple[DescribedCircle, ...] = ()
    blocks: tuple[Pair, ...] = ()
    mutes: tuple[Pair, ...] = ()
    policies: tuple[DescribedPolicy, ...] = ()
    sections: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
