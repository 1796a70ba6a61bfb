"""*This was not me*: what will happen, what was done since, and the act."""

from datetime import timedelta
from http import HTTPStatus

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from .. import removing, tokens
from ..allowances import take
from ..answering import told
from ..disowning import PRESSED, PRESSED_HERE, disown, done_since, since
from ..freshness import recently_authenticated
from ..models import Event
from ..observing import observe
from ..waiting import ask_to_wait

NEW_PASSWORD = "accounts:not-me-password"  # noqa: S105 - the name of a page


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: HttpRequest, token: str) -> HttpResponse:
    """Put out whoever it was, by a link that was mailed; without a session, since there may be none left."""
    event = tokens.event_of(token, tokens.NOT_ME)
    if event is None or not event.member.is_active:
        return _quiet(render(request, "security/not_me_gone.html", status=HTTPStatus.GONE))
    # Said of this very event: of another one it may undo what that did not reach.
    if event.disowned_at is not None and not event.member.has_usable_password():
        return _quiet(redirect(NEW_PASSWORD, token))
    if request.method != "POST":
        return _quiet(page_about(request, event, is_mailed=True))
    return _quiet(_put_out(request, event, token))


@recently_authenticated
@require_http_methods(["GET", "HEAD", "POST"])
def not_me_here(request: HttpRequest, event_id: int) -> HttpResponse:
    """Put out whoever it was, from a session that has just shown who it is."""
    event = get_object_or_404(Event, pk=event_id, member=request.user.pk)
    if request.method != "POST":
        return page_about(request, event, is_mailed=False)
    return _quiet(_put_out(request, event))


def page_about(request: HttpRequest, event: Event, *, is_mailed: bool, wait: timedelta | None = None) -> HttpResponse:
    """Return the page that says what will happen, and what was done since; and that it was pressed too often, if so."""
    begun = since(event)
    context = {
        "alert": told(event, None),
        "begun": begun,
        "since": [told(each, None) for each in done_since(event)],
        "steps": removing.added_between(event.member, begun, timezone.now()),
        "is_mailed": is_mailed,
        "is_staff": event.member.is_staff,
        "too_often": wait is not None,
    }
    page = render(request, "security/not_me.html", context)
    return ask_to_wait(page, wait) if wait else page


def _put_out(request: HttpRequest, event: Event, token: str = "") -> HttpResponse:
    """Do it, and lead to a new password by the link that was mailed, or by one that is mailed nowhere."""
    wait = take(PRESSED if token else PRESSED_HERE, event.member_id)
    if wait is not None:
        return page_about(request, event, is_mailed=bool(token), wait=wait)
    disown(event, from_session=not token, seen=observe(request))
    if request.user.pk == event.member_id:
        logout(request)  # This session has ended with the others; saving it would fail.
    return redirect(NEW_PASSWORD, token or tokens.issue(event.member, tokens.NEW_PASSWORD, event=event))


def _quiet(page: HttpResponse) -> HttpResponse:
    """Have the browser tell nobody the address of this page, since it holds a token."""
    page["Referrer-Policy"] = "no-referrer"
    return page
