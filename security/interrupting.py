"""A form that came when a fresh sign-in was due: kept sealed for a while, and sent on once, as it was typed.

The session names what waits, so nothing can be sent on from another browser, nor after signing out. A row is deleted
before its form is sent on: whatever happens in between, nothing is done twice.
"""

import json
import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.encoding import escape_uri_path

from .models import Interrupted

WAITING = "interrupted"  # the key under which a session names what waits, numbers with spaces between them
RESUME = "resume"  # the parameter of an address that sends on what waits
KEPT_FOR = timedelta(minutes=15)
MOST_BYTES = 64 * 1024
MOST_WAITING = 5
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field


class CannotWait(Exception):
    """There is a file in it, or too much, or it is no form."""


class Gone(Exception):
    """It has waited too long, or something ended it half-way."""


def keep(request: HttpRequest) -> str:
    """Seal a form with the key of who sent it; return the address that sends it on. Raises ``CannotWait``."""
    path, fields = plain_address(request), [(name, values) for name, values in request.POST.lists() if name != TOKEN]
    kept = {"method": request.method, "path": path, "fields": fields}
    is_form = request.method == "POST" and request.content_type in FORMS
    if request.FILES or not is_form or len(json.dumps(kept).encode()) > MOST_BYTES:
        raise CannotWait
    member: Any = request.user
    row = Interrupted.objects.create(member=member, request=kept, expires_at=timezone.now() + KEPT_FOR)
    waiting = [*_waiting(request), str(row.pk)]
    Interrupted.objects.filter(pk__in=waiting[:-MOST_WAITING]).delete()
    request.session[WAITING] = " ".join(waiting[-MOST_WAITING:])
    return f"{path}{'&' if '?' in path else '?'}{RESUME}={row.pk}"


def is_sent_on(request: HttpRequest) -> bool:
    """Say whether the address asks for something to be sent on."""
    return request.method == "GET" and RESUME in request.GET


def take_up(request: HttpRequest) -> bool:
    """Turn ``request`` into what was interrupted, method and fields; say False if it never was here, or went on before.

    Raises ``Gone`` if it has waited too long, or was ended half-way and may be saved or not.
    """
    number = request.GET[RESUME]
    if number not in _waiting(request):
        return False
    request.session[WAITING] = " ".join(each for each in _waiting(request) if each != number)
    row = Interrupted.objects.filter(pk=number, member=request.user.pk, expires_at__gt=timezone.now()).first()
    kept: Any = row and row.request
    if not isinstance(kept, dict) or kept["path"] != plain_address(request):
        raise Gone
    # One conditional DELETE decides between two who send it on at once.
    if not Interrupted.objects.filter(pk=number).delete()[0]:
        return False
    _restore(request, kept)
    return True


def waiting_rows(request: HttpRequest) -> list[Interrupted]:
    """Return what waits in this session, the latest first."""
    rows = Interrupted.objects.filter(pk__in=_waiting(request), member=request.user.pk, expires_at__gt=timezone.now())
    return list(rows.order_by("-expires_at").with_keys())


def plain_address(request: HttpRequest) -> str:
    """Return the address of ``request`` as it was before anything was to be sent on."""
    path, query = escape_uri_path(request.path), _query(request).urlencode()
    return f"{path}?{query}" if query else path


def forget(request: HttpRequest) -> None:
    """Delete what waits in this session."""
    Interrupted.objects.filter(pk__in=_waiting(request)).delete()
    request.session.pop(WAITING, None)


def forget_at_sign_out(sender: Any, request: HttpRequest | None, **_others: Any) -> None:
    """Delete what waits in a session that is about to end."""
    if request is not None and hasattr(request, "session"):
        forget(request)


def _waiting(request: HttpRequest) -> list[str]:
    return [each for each in str(request.session.get(WAITING, "")).split() if _is_number(each)]


def _is_number(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _query(request: HttpRequest) -> QueryDict:
    query = request.GET.copy()
    query.pop(RESUME, None)
    return query


def _restore(request: HttpRequest, kept: dict[str, Any]) -> None:
    fields = QueryDict(mutable=True)
    for name, values in kept["fields"]:
        fields.setlist(name, values)
    query = _query(request)
    _ = request.FILES  # read while this is still a GET: afterwards Django would look for them in the body
    request.method = request.META["REQUEST_METHOD"] = kept["method"]
    request.META["QUERY_STRING"] = query.urlencode()
    request.GET, request.POST = (QueryDict(each.urlencode()) for each in (query, fields))


user_logged_out.connect(forget_at_sign_out, dispatch_uid="security.interrupting")
