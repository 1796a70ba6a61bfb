"""Where a member is signed in, as they are told of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from encryption.fields import prefetch_keys

from .models import Session
from .observing import in_words
from .sessions import digest


@dataclass(frozen=True)
class Whereabout:
    """One session: what and where, since when, and the number by which it is ended."""

    number: Any
    device: str
    place: str
    first: datetime | None
    last: datetime | None
    is_here: bool


def whereabouts(member: Any, *, here: str | None) -> list[Whereabout]:
    """Return where ``member`` is signed in, ``here`` first, then what was used last."""
    rows = Session.objects.filter(member=member, expire_date__gt=timezone.now()).select_related("sign_in")
    prefetch_keys([member.pk])
    own = digest(here or "")
    listed = [_whereabout(row, is_here=row.session_key == own) for row in rows]
    longest_ago = datetime.min.replace(tzinfo=timezone.get_default_timezone())
    return sorted(listed, key=lambda each: (each.is_here, each.last or longest_ago), reverse=True)


def _whereabout(row: Session, *, is_here: bool) -> Whereabout:
    sign_in = row.sign_in
    if sign_in is None:
        return Whereabout(None, _("A browser of which nothing was noticed"), "", None, None, is_here)
    device = str(sign_in.device or _("A browser that does not say what it is"))
    place = in_words(sign_in.network)
    return Whereabout(sign_in.pk, device, place, sign_in.started_at, sign_in.seen_at, is_here)
