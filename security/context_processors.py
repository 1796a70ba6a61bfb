"""What every page shows of the security of its reader's account."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .answering import alerts_for


def alerts(request: HttpRequest) -> dict[str, Any]:
    """Return the alerts without an answer, read by the pages that show them; visitors have none, and cost nothing."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    return {"security_alerts": SimpleLazyObject(partial(alerts_for, request))}
