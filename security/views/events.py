"""The page of what happened to one's account, and the answer to an alert."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ..answering import answer, answering, answering_browser, began, is_other, told
from ..browsers import known_browser
from ..events import page_of
from ..freshness import recently_authenticated
from ..models import Event


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Show what happened to the security of one's account in the last ninety days."""
    after = request.GET.get("after", "")
    page, read_in = page_of(request.user, after), known_browser(request, request.user)
    here = answering(read_in)
    context = {
        "events": [told(event, here, read_in=read_in) for event in page.events],
        "next_url": page.after and f"?{urlencode({'after': page.after})}",
        "first_url": after and request.path,
    }
    return render(request, "security/events.html", context)


def from_before(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a view be reached from a session that is older than the event, or has just shown who it is."""
    freshly = recently_authenticated(view)

    @wraps(view)
    def older_view(request: HttpRequest, event_id: int) -> HttpResponse:
        event = Event.objects.filter(pk=event_id, member=request.user.pk).first()
        is_older = event is not None and request.method == "POST" and began(request) < event.at
        return view(request, event_id) if is_older else freshly(request, event_id)

    return older_view


@from_before
@require_POST
def mine(request: HttpRequest, event_id: int) -> HttpResponse:
    """Write down that something was the member themself."""
    event = get_object_or_404(Event, pk=event_id, member=request.user.pk, is_alert=True)
    if not is_other(event, answering_browser(request)):
        messages.warning(request, _("The browser in which it happened cannot answer for it. Another one of yours can."))
        return redirect("security:events")
    answer(event)
    messages.success(request, _("Good. We do not ask about it again."))
    return redirect("security:events")
