"""Parts of a described world that belong to apps above this one: each app registers its own.

An app names them in its ``world_sections.py``, which is read at start::

    register_section("posts", parse=read_posts, load=load_posts)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .parts import Part

NAMES = ("posts", "comments", "reposts", "partners", "consents", "preferences")


@dataclass
class Known:
    """What a file has named so far, for references: handles, circles by owner, and ids by section."""

    handles: frozenset[str] = frozenset()
    circles: dict[str, set[str]] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)

    def handle(self, part: Part) -> str:
        """Return the handle that ``part`` refers to."""
        return part.choice(self.handles, "member")


def read_once(known: Known, taken: dict[Any, str], part: Part) -> str:
    """Return a handle that may stand in this list only once."""
    handle = known.handle(part)
    if handle:
        part.unlike(taken, handle, "is the same as")
    return handle


@dataclass
class Loaded:
    """What has been loaded: people by handle, circles by owner and name, and the summary to be printed."""

    members: dict[str, Any] = field(default_factory=dict)
    circles: dict[tuple[str, str], Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """How one list of the file is read (noting what is wrong) and loaded (through the verbs of its app)."""

    name: str
    parse: Callable[[Part, Known], Any]
    load: Callable[[Any, Loaded], None]


_sections: dict[str, Section] = {}


def register_section(name: str, parse: Callable[[Part, Known], Any], load: Callable[[Any, Loaded], None]) -> None:
    """Make the list ``name`` of a world loadable."""
    if name not in NAMES:
        raise ValueError(f"a described world has no list {name!r}")
    _sections[name] = Section(name, parse, load)


def section(name: str) -> Section | None:
    return _sections.get(name)
