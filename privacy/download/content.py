"""What is in the file: a page for people, JSON for programs, uploads, and what is not included and why."""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import get_valid_filename

from catalogue.declarations import PersonalData
from encryption.fields import UNAVAILABLE
from privacy.information import showing
from privacy.information.holding import Person, Row, Value, declared, every_row
from privacy.information.places import caption_of
from privacy.presenting import presented

VERSION = 1
SCHEMA = Path(__file__).parent / "schema.json"

Step = Callable[[], None]
Upload = tuple[str, bytes]
_uploads: list[Callable[[Any], Iterator[Upload]]] = []


def register_uploads(uploads: Callable[[Any], Iterator[Upload]]) -> None:
    """Have ``uploads(member)`` yield files of theirs: a name and the content."""
    _uploads.append(uploads)


def write(target: Any, member: Any, step: Step) -> None:
    """Write the file to ``target``, a stream that need not seek; call ``step`` after each row of data."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, uploads in enumerate(_uploads):
            for name, content in uploads(member):
                archive.writestr(f"uploads/{number}-{get_valid_filename(name)}", content)
        archive.writestr("schema.json", SCHEMA.read_bytes())
        archive.writestr("actor.json", _json(_actor(member)))
        with _entry(archive, "data.json") as file:
            for piece in _data(member, step):
                file.write(piece.encode())
        with _entry(archive, "index.html") as file:
            for piece in _page(member):
                file.write(piece.encode())


@contextmanager
def _entry(archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    with archive.open(name, "w", force_zip64=True) as file:
        yield file


# --- for programs -------------------------------------------------------------------------------------------------
def _data(member: Any, step: Step) -> Iterator[str]:
    """Yield ``data.json`` piece by piece, as ``schema.json`` says."""
    head = {"version": VERSION, "member": member.get_username(), "prepared_at": timezone.now(), "schema": "schema.json"}
    yield _json(head | {"not_included": _not_included()})[:-1] + ', "kinds": ['
    for number, data in enumerate(declared()):
        yield (", " if number else "") + _json(_kind(data))[:-1] + ', "rows": ['
        for place, row in enumerate(every_row(data, member)):
            yield (", " if place else "") + _json({value.field.name: _plain(value) for value in _told(row)})
            step()
        yield "]}"
    yield "]}\n"


def _kind(data: PersonalData) -> dict[str, Any]:
    fields = [
        {
            "name": field.name,
            "label": str(field.label),
            "category": field.category.value,
            "purpose": str(field.purpose.label),
            "basis": field.basis.value,
            "kept": showing.kept(field, None),
        }
        for field in data.fields
        if not field.withheld
    ]
    return {"kind": data.model, "title": showing.title_of(data), "fields": fields}


def _told(row: Row) -> Iterator[Value]:
    return (value for value in row.values if not value.field.withheld)


def _plain(value: Value) -> Any:
    """Return a value as JSON has it; of others the handle alone."""
    match value.value:
        case Person(handle):
            return {"handle": handle}
        case datetime() | date() as moment:
            return moment.isoformat()
        case bytes() | memoryview() as digest:
            return bytes(digest).hex()
        case None | bool() | int() | str() | list() | dict() as plain:
            return plain
    return "unavailable" if value.value is UNAVAILABLE else str(presented(value.field.name, value.value))


def _not_included() -> list[dict[str, str]]:
    withheld = [
        {"what": f"{showing.title_of(data)}: {field.label}", "why": str(field.withheld)}
        for data in declared()
        for field in data.fields
        if field.withheld
    ]
    return withheld + [{"what": line.label, "why": line.note} for line in showing.concealed()]


def _actor(member: Any) -> dict[str, Any]:
    """Return the member as ActivityStreams 2.0 knows a person (W3C, 4.3)."""
    context = "https://www.w3.org/ns/activitystreams"
    return {"@context": context, "type": "Person", "preferredUsername": member.get_username()}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_moment)


def _moment(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"a download does not carry a {type(value).__name__}")


# --- for people ---------------------------------------------------------------------------------------------------
def _page(member: Any) -> Iterator[str]:
    """Yield ``index.html``: it asks nothing of any network, and runs nothing."""
    context = {"handle": member.get_username(), "now": timezone.now(), "kinds": declared(), "left_out": _not_included()}
    yield render_to_string("privacy/download/head.html", context)
    for data in declared():
        yield render_to_string("privacy/download/kind.html", {"title": showing.title_of(data), "kind": data.model})
        for row in every_row(data, member):
            shown = {"caption": caption_of(data, row.row), "lines": showing.lines(row)}
            yield render_to_string("privacy/download/row.html", shown)
        yield "</section>\n"
    yield render_to_string("privacy/download/foot.html", context)
