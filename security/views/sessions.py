"""Where one is signed in, and the ends of it."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_POST, require_safe

from .. import sessions as open_sessions
from ..events import happened
from ..models import Kind, SignIn
from ..observing import observe
from ..whereabouts import whereabouts


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Show where one is signed in: device, network, first and last use."""
    listed = whereabouts(request.user, here=request.session.session_key)
    return render(
        request, "security/sessions.html", {"sessions": listed, "others": sum(not each.is_here for each in listed)}
    )


@require_POST
def end(request: HttpRequest, sign_in_id: uuid.UUID) -> HttpResponse:
    """Sign one browser out."""
    sign_in = get_object_or_404(SignIn, pk=sign_in_id, member=request.user.pk)
    if str(sign_in.pk) == request.session.get(open_sessions.SIGN_IN):
        logout(request)
        return redirect(resolve_url(settings.LOGIN_URL))
    open_sessions.end_session(sign_in)
    happened(request.user, Kind.SESSIONS_ENDED, seen=observe(request))
    messages.success(request, _("Signed out there."))
    return redirect("security:sessions")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign every browser out but this one."""
    ended = open_sessions.end_sessions(request.user, except_key=request.session.session_key)
    if ended:
        happened(request.user, Kind.SESSIONS_ENDED, seen=observe(request))
    text = ngettext(
        "%(n)d browser is signed out. You are signed in here and nowhere else.",
        "%(n)d browsers are signed out. You are signed in here and nowhere else.",
        ended,
    )
    messages.success(request, text % {"n": ended})
    return redirect("security:sessions")
