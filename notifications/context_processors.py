"""What every page says of the inbox of its reader."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .announcements import shown_to
from .inbox import counts_for


def announcements(request: HttpRequest) -> dict[str, Any]:
    """Return what is announced to whoever reads, asked for by the pages that show it."""
    reader = getattr(request, "user", None)
    member = reader if reader is not None and reader.is_authenticated else None
    return {"announcements": SimpleLazyObject(partial(shown_to, member))}


def inbox(request: HttpRequest) -> dict[str, Any]:
    """Return what is new in the inbox, counted by the pages that show it; visitors have none, and cost nothing."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    return {"inbox": SimpleLazyObject(partial(counts_for, request.user))}
