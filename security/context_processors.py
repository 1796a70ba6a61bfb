"""What every page shows of the security of its reader's account."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .answering import alert_for


def alert(request: HttpRequest) -> dict[str, Any]:
    """Return the alert without an answer, read by the pages that show it; visitors have none, and cost nothing."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    return {"security_alert": SimpleLazyObject(partial(alert_for, request))}
