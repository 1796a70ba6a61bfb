"""What the storeys above have erased: a part each, registered as an app starts. And what a step may answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from catalogue.erasure import Text

_parts: dict[str, "Part"] = {}


class NotYet(Exception):
    """A step has nothing to do before ``until``. Nothing is wrong."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class Held(NotYet):
    """The law forbids a step before ``until``."""


@dataclass(frozen=True)
class Part:
    """A part of what makes somebody known, which goes once their data are gone.

    ``erase`` takes the number of a member, twice without harm. What is held of ``model`` holds the part as well.
    """

    name: str
    label: Text
    model: str
    erase: Callable[[int], object]


def register_part(part: Part) -> Part:
    """Have ``part`` erased with every member. Raises ValueError when another one has its name."""
    if _parts.setdefault(part.name, part) is not part:
        raise ValueError(f"two parts are called {part.name}")
    return part


def parts() -> tuple[Part, ...]:
    """Return every part, in the order in which they were registered."""
    return tuple(_parts.values())
