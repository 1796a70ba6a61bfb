"""What every page says of the inbox of its reader."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .inbox import counts_for


def inbox(request: HttpRequest) -> dict[str, Any]:
    """Return what is new in the inbox, counted by the pages that show it; visitors have none, and cost nothing."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    return {"inbox": SimpleLazyObject(partial(counts_for, request.user))}
