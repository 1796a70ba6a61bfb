"""The page from which everything is reached that keeps an account safe."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..models import Session
from ..sessions import end_sessions


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Show the way to a new password; sign out everywhere but here."""
    if request.method == "POST":
        end_sessions(request.user, except_key=request.session.session_key)
        messages.success(request, _("You are signed in here and nowhere else."))
        return redirect("security:settings")
    others = Session.objects.filter(member=request.user.pk).count() - 1
    return render(request, "security/settings.html", {"others": max(others, 0)})
