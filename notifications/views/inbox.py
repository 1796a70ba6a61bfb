"""The inbox: what a member was told."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from .. import announcements
from ..inbox import page_of, read, read_all
from ..suppression import mailbox_of


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """List what a member was told, newest first."""
    after = request.GET.get("after", "")
    page = page_of(request.user, after)
    context = {
        "items": page.items,
        "mailbox": mailbox_of(request.user),
        "next_url": page.after and f"?{urlencode({'after': page.after})}",
        "first_url": after and request.path,
    }
    return render(request, "notifications/inbox.html", context)


@require_safe
def notice(request: HttpRequest, token: str) -> HttpResponse:
    """Show one notice, which is not new from then on. Answers 404 to what is not in one's own inbox."""
    found = read(request.user, token)
    if found is None:
        raise Http404
    item, text = found
    return render(request, "notifications/notice.html", {"item": item, "text": text})


@require_POST
def put_away(request: HttpRequest, number: int) -> HttpResponse:
    """Show an announcement no more, and go back to the page. Answers 404 to one that is shown to nobody here."""
    if not announcements.put_away(number, request.user):
        raise Http404
    page = request.POST.get("next", "")
    is_ours = page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return HttpResponseRedirect(page) if is_ours else redirect("notifications:inbox")


@require_POST
def all_read(request: HttpRequest) -> HttpResponse:
    """Count everything in the inbox as read."""
    read_all(request.user)
    messages.success(request, _("Nothing is new any more."))
    return redirect("notifications:inbox")
