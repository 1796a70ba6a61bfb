"""Where a member changes or erases what is held, and what a row is about: told by whoever declares it."""

from collections.abc import Callable, Iterable
from typing import Any

from catalogue.declarations import PersonalData, PersonalField

Caption = Callable[[Any], str]
Received = Callable[[Any], Iterable[tuple[str, str]]]

_places: dict[tuple[str, str], str] = {}
_captions: dict[str, Caption] = {}
_recipients: list[Received] = []


def register_place(route: str, label: str, *fields: str) -> None:
    """Have ``fields`` of the model ``label``, or the whole of it, changed on the page named ``route``."""
    for name in fields or ("",):
        _places[label, name] = route


def place_of(data: PersonalData, field: PersonalField | None = None) -> str | None:
    """Return the name of the page on which it is changed or erased, if there is one."""
    own = field and _places.get((data.model, field.name))
    return own or _places.get((data.model, ""))


def register_caption(label: str, caption: Caption) -> None:
    """Say in a few words what a row of the model ``label`` is about, for what no declared value says."""
    _captions[label] = caption


def caption_of(data: PersonalData, row: Any) -> str:
    """Return what ``row`` is about, blank where its values say it."""
    caption = _captions.get(data.model)
    return caption(row) if caption else ""


def register_recipients(received: Received) -> Received:
    """Have ``received(member)`` yield which field went to whom outside; return it, so that it serves as a decorator."""
    _recipients.append(received)
    return received


def recipients_of(member: Any) -> dict[str, list[str]]:
    """Return who received what of ``member``: name of the field → names of recipients."""
    found: dict[str, list[str]] = {}
    for received in _recipients:
        for field, recipient in received(member):
            found.setdefault(field, []).append(recipient)
    return found
