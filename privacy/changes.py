"""The history of one's own changes: which field, when, by whom; never a value."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from catalogue.registry import personal_data

from .models import Change

PAGE = 50
KEPT = timedelta(days=2 * 365)


def record(member: Any, fields: Iterable[str], *, kind: str = Change.Kind.VALUE, by: str = Change.By.MEMBER) -> None:
    """Write down that ``fields`` of ``member`` were changed. In the transaction of the change."""
    Change.objects.bulk_create(Change(member_id=member.pk, field=name, kind=kind, by=by) for name in fields)


@dataclass(frozen=True)
class Told:
    """One change in words."""

    label: str
    kind: str
    by: str
    at: datetime


def changes_of(member: Any, after: str = "") -> tuple[list[Told], int | None]:
    """Return a page of the changes of ``member``, the newest first, and where the next one starts, if there is one."""
    found = Change.objects.filter(member=member.pk).order_by("-pk")
    if after.isdecimal() and len(after) < 19:
        found = found.filter(pk__lt=int(after))
    rows = list(found[: PAGE + 1])
    return [_told(row) for row in rows[:PAGE]], rows[PAGE - 1].pk if len(rows) > PAGE else None


def _told(row: Change) -> Told:
    return Told(label_of(row.field), row.get_kind_display(), row.get_by_display(), row.at)


def label_of(field: str) -> str:
    """Return what a changed field is called."""
    labels = (each.label for data in personal_data() for each in data.fields if each.name == field)
    return str(next(labels, _("something that is not held any more")))
