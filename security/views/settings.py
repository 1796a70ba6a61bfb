"""The page from which everything is reached that keeps an account safe."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from .. import recovery, removing
from ..models import Session
from ..returning import wanted
from ..steps import kind_of, second_steps


@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """Show second steps, and the ways to a new password, to where one is signed in, and to what happened."""
    steps, removal = second_steps(request.user), removing.pending(request.user)
    context = {
        "removal": removal,
        "in_question": removal and removing.questioned(removal),
        "steps": [{"kind": kind_of(step), "step": step} for step in steps],
        "must_add": not steps and getattr(request.user, "is_staff", False),
        "codes_left": recovery.codes_left(request.user) if steps else 0,
        "codes_made": recovery.HOW_MANY,
        "others": max(Session.objects.filter(member=request.user.pk, expire_date__gt=timezone.now()).count() - 1, 0),
        "next": wanted(request),
    }
    return render(request, "security/settings.html", context)
