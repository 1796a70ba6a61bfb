"""What is held, in words for the member it is about: by category, with reason, term, audience and recipients."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import Keep
from catalogue.registry import personal_data
from catalogue.vocabulary import Audience, Category
from privacy.audiences import Choice, choices
from privacy.erasure.names import name_of
from privacy.presenting import presented

from .holding import Person, Row, Value, declared, is_single, newest, rows_about
from .places import caption_of, place_of, recipients_of

SHOWN = 3
PAGE = 20
SHORT = {
    Category.REGISTRATION: gettext_lazy("Registration"),
    Category.UPLOADED: gettext_lazy("Uploaded"),
    Category.OBSERVED: gettext_lazy("Observed"),
}
EXPLAINED = {
    Category.REGISTRATION: gettext_lazy("You typed this when you joined or set up your account."),
    Category.UPLOADED: gettext_lazy("You told or chose this yourself, and can change it."),
    Category.OBSERVED: gettext_lazy(
        "Noted by the system while you used it, to keep your account safe and to show you what happened. It comes from"
        " your own requests, from nobody else, and is deleted when its term is over."
    ),
}


@dataclass(frozen=True)
class Line:
    """One value in words. ``note`` stands for a value that is not shown."""

    label: str
    text: str = ""
    note: str = ""


@dataclass(frozen=True)
class Entry:
    """One thing that is held: a field, or all rows of one kind."""

    label: str
    lines: tuple[Line, ...]
    why: str
    purpose: str
    basis: str
    kept: str
    choice: Choice | None
    seen_by: str
    received_by: tuple[str, ...]
    change: str | None
    audience: str | None = None
    count: int | None = None
    all_of_them: str | None = None


@dataclass(frozen=True)
class Section:
    """Everything of one category."""

    category: Category
    short: Any
    explained: Any
    entries: tuple[Entry, ...]
    empty: tuple[str, ...]


def sections(member: Any) -> list[Section]:
    """Return everything that is held about ``member``. It costs a constant number of queries."""
    reader = _Reader(member)
    entries = [(category, entry) for data in declared() for category, entry in reader.entries(data)]
    return [_section(each, [entry for category, entry in entries if category is each]) for each in Category]


def _section(category: Category, entries: list[Entry]) -> Section:
    """Return the entries of one category: what there is one of, then what there are many of, and names of the rest."""
    held = sorted((entry for entry in entries if entry.count != 0), key=lambda entry: entry.count is not None)
    empty = tuple(entry.label for entry in entries if entry.count == 0)
    return Section(category, SHORT[category], EXPLAINED[category], tuple(held), empty)


class _Reader:
    """Puts into words what is held about one member."""

    def __init__(self, member: Any) -> None:
        self.member = member
        self.choices = choices(member)
        self.received = recipients_of(member)

    def entries(self, data: PersonalData) -> Iterator[tuple[Category, Entry]]:
        if is_single(data):
            yield from self._fields(data)
        else:
            yield data.fields[0].category, self._rows(data)

    def _fields(self, data: PersonalData) -> Iterator[tuple[Category, Entry]]:
        for row in newest(data, self.member, 1):
            for value in row.values:
                yield value.field.category, self._field(data, value)

    def _field(self, data: PersonalData, value: Value) -> Entry:
        field = value.field
        return Entry(
            lines=(line(value),),
            label=str(field.label),
            audience=reverse("privacy:field-audience", args=[field.name]) if field.settable else None,
            **self._facts(data, field, value.ends_at),
        )

    def _rows(self, data: PersonalData) -> Entry:
        first, rows = data.fields[0], newest(data, self.member, SHOWN)
        count = rows_about(data, self.member).count()
        return Entry(
            label=title_of(data),
            lines=tuple(Line(caption_of(data, row.row), in_a_line(row)) for row in rows),
            count=count,
            all_of_them=reverse("privacy:information-of", args=[data.model.lower()]) if count else None,
            **self._facts(data, first, None),
        )

    def _facts(self, data: PersonalData, field: PersonalField, ends_at: datetime | None) -> dict[str, Any]:
        place = place_of(data, field)
        return {
            "why": str(field.why),
            "purpose": str(field.purpose.label),
            "basis": str(field.basis.label),
            "kept": kept(field, ends_at),
            "choice": self.choices.get(field.name) if field.settable else None,
            "seen_by": seen_by(field),
            "received_by": tuple(self.received.get(field.name, ())),
            "change": reverse(place) if place else None,
        }


# --- words --------------------------------------------------------------------------------------------------------
def title_of(data: PersonalData) -> str:
    """Return what the rows of one model are called."""
    return capfirst(str(name_of(data.model)))


def concealed() -> list[Line]:
    """Return what nobody is told of themself, with the reason: the same to everybody, whether there is any or not."""
    return [Line(title_of(data), note=str(data.concealed)) for data in personal_data() if data.concealed]


def line(value: Value) -> Line:
    """Return one value in words."""
    label = str(value.field.label)
    if value.field.withheld:
        return Line(label, note=str(value.field.withheld))
    text = in_words(value.field, value.value)
    return Line(label, text, "" if text else _("nothing"))


def lines(row: Row) -> list[Line]:
    """Return what a row holds, and what is withheld of it; not what is empty."""
    return [line(value) for value in row.values if value.field.withheld or in_words(value.field, value.value)]


def in_a_line(row: Row) -> str:
    """Return what a row says, its empty values left out."""
    words = (in_words(value.field, value.value) for value in row.values)
    return " · ".join(word for word in words if word)


def in_words(field: PersonalField, value: Any) -> str:
    """Return a value as text for people, blank for nothing."""
    match value:
        case Person():
            return f"@{value.handle}" if value.handle else _("somebody who is not here any more")
        case bool():
            return _("yes") if value else _("no")
        case datetime():
            return date_format(timezone.localtime(value), "j F Y, H:i")
        case bytes() | memoryview():
            return _("a digest")
        case Model():
            return ""
        case str() | list() | date() | None:
            return str(presented(field.name, value))
    return str(presented(field.name, value) or value)


def kept(field: PersonalField, ends_at: datetime | None) -> str:
    """Return for how long something is kept, in words."""
    if isinstance(field.erasure, Keep):
        return str(field.erasure.label)
    if field.keep_for is None:
        return _("as long as your account")
    if ends_at is not None:
        return _("until %(day)s") % {"day": date_format(timezone.localtime(ends_at), "j F Y")}
    days = max(1, round(field.keep_for / timedelta(days=1)))
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def seen_by(field: PersonalField) -> str:
    """Return who sees it besides you, where that is not yours to set."""
    if field.audience is Audience.ONLY_ME:
        return _("only you") if field.masked else _("you, and staff whose work needs it")
    return str(field.audience.label)
