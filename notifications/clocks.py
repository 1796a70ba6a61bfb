"""The clock of a member, by which times are shown to them: on pages and in mails."""

from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone


class ZoneOf(tzinfo):
    """The time zone of a member, opened when the first time is shown and not before."""

    def __init__(self, member: Any) -> None:
        self.member = member

    @cached_property
    def zone(self) -> tzinfo:
        """Return the zone the member chose; the site's own if there is none of that name, or it cannot be opened."""
        name = getattr(self.member, "time_zone", None)  # of who is erased there is none
        try:
            return ZoneInfo(name) if name and isinstance(name, str) else timezone.get_default_timezone()
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return timezone.get_default_timezone()

    @property
    def is_read(self) -> bool:
        """Say whether a time was shown by it so far."""
        return "zone" in self.__dict__

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return self.zone.utcoffset(moment and moment.replace(tzinfo=self.zone))

    def dst(self, moment: datetime | None) -> timedelta | None:
        return self.zone.dst(moment and moment.replace(tzinfo=self.zone))

    def tzname(self, moment: datetime | None) -> str | None:
        return self.zone.tzname(moment and moment.replace(tzinfo=self.zone))

    def fromutc(self, moment: datetime) -> datetime:
        return self.zone.fromutc(moment.replace(tzinfo=self.zone)).replace(tzinfo=self)

    def __str__(self) -> str:
        return str(self.zone)
