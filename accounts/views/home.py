"""The first page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.friendship import requests_waiting
from privacy import checkup

from ..neighbours import newest_neighbours


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is to visitors; show members what waits for them."""
    if not request.user.is_authenticated:
        return render(request, "accounts/landing.html")
    context = {
        "open_steps": checkup.open_steps(request.user),
        "total_steps": len(checkup.steps()),
        "requests": requests_waiting(request.user),
        "neighbours": newest_neighbours(request.user),
    }
    return render(request, "accounts/home.html", context)
