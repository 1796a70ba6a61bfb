"""Taking everything along: ask, watch, fetch, delete."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from privacy.download import asking, parts
from privacy.information import showing
from privacy.models import Download
from security.allowances import Throttled
from security.freshness import recently_authenticated
from security.waiting import ask_to_wait


@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """Say what is in the file and what is not, and how far it has come."""
    return _page(request)


@recently_authenticated
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Have a file prepared."""
    try:
        asking.ask(request.user)
    except Throttled as refused:
        messages.warning(request, _("You asked for several already. Wait a little before you ask for another."))
        return ask_to_wait(_page(request), refused.wait)
    messages.success(request, _("It is being prepared. We mail you when it is ready; you can close this page."))
    return redirect("privacy:download")


@recently_authenticated
@require_safe
def fetch(request: HttpRequest) -> HttpResponse:
    """Send the file."""
    ready = asking.fetchable(request.user, timezone.now())
    if ready is None:
        raise Http404
    answer = StreamingHttpResponse(parts.read(ready), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="hedgerow-my-information.zip"'
    answer["Content-Length"] = str(ready.size)
    answer["Cache-Control"] = "private, no-store"
    return cast("HttpResponse", answer)


@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the file before its time."""
    if asking.let_go(request.user):
        messages.success(request, _("The file is deleted."))
    return redirect("privacy:download")


def _page(request: HttpRequest) -> HttpResponse:
    present = asking.download_of(request.user)
    if present is not None and present.expires_at is not None and present.expires_at <= timezone.now():
        present = None  # the next sweep deletes it
    context = {"download": present, "states": Download.State, "concealed": showing.concealed()}
    return render(request, "privacy/download.html", context)
