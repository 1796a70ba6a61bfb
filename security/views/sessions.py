"""Where one is signed in, and the ends of it."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_POST, require_safe

from ..ending import end_one, end_others as end_others_of
from ..models import SignIn
from ..observing import observe
from ..sessions import SIGN_IN
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
    if str(sign_in.pk) == request.session.get(SIGN_IN):
        logout(request)
        return redirect(resolve_url(settings.LOGIN_URL))
    end_one(sign_in, seen=observe(request))
    messages.success(request, _("Signed out there."))
    return redirect("security:sessions")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign every browser out but this one."""
    ended = end_others_of(request.user, here=request.session.session_key, seen=observe(request))
    text = ngettext(
        "%(n)d browser is signed out. You are signed in here and nowhere else.",
        "%(n)d browsers are signed out. You are signed in here and nowhere else.",
        ended,
    )
    messages.success(request, text % {"n": ended})
    return redirect("security:sessions")
