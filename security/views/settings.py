"""The page from which everything is reached that keeps an account safe."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..models import Session


@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """Show the ways to a new password, to where one is signed in, and to what happened."""
    others = Session.objects.filter(member=request.user.pk).count() - 1
    return render(request, "security/settings.html", {"others": max(others, 0)})
