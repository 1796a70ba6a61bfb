"""What a member was told, on the site: newest first, for as long as it is kept."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils.safestring import SafeString

from . import letters
from .models import Notification, NotificationQuerySet, State
from .notices import Category, Notice, declared, notice_of

PAGE = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"([0-9]{1,17})-([\w-]{1,100})\Z")


@dataclass(frozen=True)
class Item:
    """A notice as a line of the inbox."""

    token: str
    subject: str
    at: datetime
    is_new: bool
    is_lost: bool
    category: Category


@dataclass(frozen=True)
class Page:
    """One page of the inbox; ``after`` starts the next one, if there is one."""

    items: list[Item]
    after: str | None


@dataclass(frozen=True)
class Counts:
    """How many notices are new, and how many of these could be handed over nowhere."""

    new: int
    lost: int


def counts_for(member: Any) -> Counts:
    """Return what is new in the inbox of ``member``."""
    lost = Count("pk", filter=Q(state=State.UNREACHABLE))
    found = rows_of(member).filter(is_read=False).aggregate(new=Count("pk"), lost=lost)
    return Counts(**found)


def rows_of(member: Any) -> NotificationQuerySet:
    """Return what stands in the inbox of ``member``."""
    slugs = [notice.slug for notice in declared() if notice.is_on_site]
    return Notification.objects.filter(member=member, is_on_site=True, notice__in=slugs)


def page_of(member: Any, after: str = "") -> Page:
    """Return a page of the inbox of ``member``, older than ``after`` says."""
    found = rows_of(member).filter(_older_than(after)).select_related("campaign").order_by("-created_at", "-pk")
    rows = list(found.with_keys()[: PAGE + 1])
    for row in rows:
        row.member = member
    items = [_item(row, notice_of(row.notice)) for row in rows[:PAGE]]
    return Page(items, _place_of(rows[PAGE - 1]) if len(rows) > PAGE else None)


def read(member: Any, token: str) -> tuple[Item, SafeString | None] | None:
    """Return a notice to ``member`` with its text, none if that cannot be opened, and count it as read.

    Returns None for what is not in their inbox.
    """
    row = rows_of(member).filter(pk=letters.number_of(token) or 0).select_related("campaign").with_keys().first()
    if row is None:
        return None
    row.member, notice = member, notice_of(row.notice)
    item = _item(row, notice)
    text = letters.on_site(row, notice) if row.filled_with is not None else None
    Notification.objects.filter(pk=row.pk, is_read=False).update(is_read=True)
    return item, text


def read_all(member: Any) -> int:
    """Count everything in the inbox of ``member`` as read; return how much that was."""
    return rows_of(member).filter(is_read=False).update(is_read=True)


def _item(row: Notification, notice: Notice) -> Item:
    subject = letters.subject_of(row, notice) if row.filled_with is not None else str(notice.title)
    is_lost = row.state == State.UNREACHABLE
    return Item(letters.token_of(row), subject, row.created_at, not row.is_read, is_lost, notice.category)


def _place_of(row: Notification) -> str:
    return f"{(row.created_at - EPOCH) // timedelta(microseconds=1)}-{letters.token_of(row)}"


def _older_than(place: str) -> Q:
    """Return the condition for what comes after a place in the list. One that is no place is the beginning."""
    written = _PLACE.match(place)
    number = letters.number_of(written[2]) if written else None
    if written is None or number is None:
        return Q()
    at = EPOCH + timedelta(microseconds=int(written[1]))
    return Q(created_at__lt=at) | Q(created_at=at, pk__lt=number)
