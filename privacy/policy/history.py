"""Every version that was, is, or will be in force, and from when to when, the latest first: read by anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from privacy.models import PolicyAcceptance, PolicyVersion

HOW_IT_BEGAN = {
    PolicyVersion.Mode.TELL: _("everybody was told"),
    PolicyVersion.Mode.ASK: _("everybody was asked to agree"),
}
HOW_IT_WILL_BEGIN = {
    PolicyVersion.Mode.TELL: _("everybody is told"),
    PolicyVersion.Mode.ASK: _("everybody is asked to agree from that day on"),
}


@dataclass(frozen=True)
class Reign:
    """The time in which one version was in force: since its day, ``until`` the next one's, and after ``before``."""

    version: PolicyVersion
    until: datetime | None
    before: PolicyVersion | None

    @property
    def is_to_come(self) -> bool:
        return self.version.effective_at > timezone.now()

    @property
    def is_in_force(self) -> bool:
        return not self.is_to_come and (self.until is None or self.until > timezone.now())

    @property
    def is_over(self) -> bool:
        return not self.is_to_come and not self.is_in_force

    @property
    def beginning(self) -> str | Promise:
        """Return how members learn of the version. Of the first one nobody had to."""
        if self.before is None:
            return _("the first one: everybody agreed to it on joining")
        how = HOW_IT_WILL_BEGIN if self.is_to_come else HOW_IT_BEGAN
        return how[PolicyVersion.Mode(self.version.mode)]


def reigns() -> list[Reign]:
    """Return the time of every published version, the latest first, by one query."""
    versions = list(PolicyVersion.objects.published())
    return [_reign(versions, place) for place in range(len(versions))]


def _reign(versions: Sequence[PolicyVersion], place: int) -> Reign:
    until = versions[place - 1].effective_at if place else None
    before = versions[place + 1] if place + 1 < len(versions) else None
    return Reign(versions[place], until, before)


def in_force(among: Sequence[Reign]) -> Reign | None:
    """Return the time that is now, or None before the first version."""
    return next((reign for reign in among if reign.is_in_force), None)


def reign_of(number: str, among: Sequence[Reign]) -> Reign | None:
    """Return the time of the version called ``number``, or None if there is none."""
    return next((reign for reign in among if reign.version.number == number), None)


def agreed_at(member: Any, version: PolicyVersion) -> datetime | None:
    """Return when ``member`` agreed to ``version``; None for who did not, and for visitors."""
    if not member.is_authenticated:
        return None
    when = PolicyAcceptance.objects.filter(member=member.pk, version=version).values_list("accepted_at", flat=True)
    return when.first()
