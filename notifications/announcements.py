"""Banners: what is announced on every page, to everybody, to who is signed in, or to those it is about."""

from collections.abc import Iterable
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from .links import at
from .models import Announced, Announcement, Reach

KEY = "announcements"
# What is announced is the same for all and names nobody, so it is kept for all for a moment.
KEPT_SECONDS = 15
BATCH = 500


def shown_to(member: Any) -> list[dict[str, Any]]:
    """Return what is announced to ``member`` now (None for a visitor), and was not put away, the newest first."""
    announced = _current()
    if member is None:
        return [each for each in announced if each["reach"] == Reach.ALL]
    if not announced:
        return []
    rows = Announced.objects.filter(member=member, announcement__in=[each["id"] for each in announced])
    known = dict(rows.values_list("announcement", "is_put_away"))
    return [each for each in announced if not known.get(each["id"], each["reach"] == Reach.AFFECTED)]


def put_away(number: int, member: Any) -> bool:
    """Show ``member`` an announcement no more; say False if they are shown none of that number."""
    if not any(each["id"] == number for each in shown_to(member)):
        return False
    Announced.objects.update_or_create(announcement_id=number, member=member, defaults={"is_put_away": True})
    return True


def is_about(announcement: Announcement, member_ids: Iterable[int]) -> None:
    """Have an announcement shown to those it is about."""
    rows = (Announced(announcement=announcement, member_id=number) for number in member_ids)
    Announced.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


def changed() -> None:
    """Forget what was kept: something was announced, changed or taken back."""
    cache.delete(KEY)


def _current() -> list[dict[str, Any]]:
    now = timezone.now()
    kept: list[dict[str, Any]] = cache.get_or_set(KEY, _read, KEPT_SECONDS) or []
    return [each for each in kept if each["starts_at"] <= now < each["ends_at"]]


def _read() -> list[dict[str, Any]]:
    columns = ("id", "text", "page", "reach", "is_warning", "starts_at", "ends_at")
    rows = Announcement.objects.filter(ends_at__gt=timezone.now()).order_by("-starts_at", "-pk").values(*columns)
    return [{**row, "link": at(row["page"]) if row["page"] else ""} for row in rows]
