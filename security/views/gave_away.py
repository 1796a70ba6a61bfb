"""*I gave my password to somebody*: one page, a step at a time."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .. import recovering
from ..events import happened
from ..models import Kind
from ..observing import observe
from ..sessions import end_sessions
from ..steps import second_steps


@require_http_methods(["GET", "HEAD", "POST"])
def gave_away(request: HttpRequest) -> HttpResponse:
    """Lead through what makes an account one's own again after somebody got to know the password."""
    if request.method == "POST":
        return _do(request, request.POST.get("step", ""))
    steps = recovering.steps_of(request.user, here=request.session.session_key)
    step = _current(steps, request.GET.get("step", ""))
    context: dict[str, Any] = {"steps": steps, "step": step}
    if step and step.slug == recovering.STEPS:
        context["second_steps"] = second_steps(request.user)
    return render(request, "security/gave_away.html", context)


def _current(steps: list[recovering.Step], wanted: str) -> recovering.Step | None:
    """Return the step to show: the one asked for, once the path is begun; else the first that is not done."""
    first = next((step for step in steps if not step.is_done), None)
    asked = next((step for step in steps if step.slug == wanted), None)
    return asked if asked and steps[0].is_done else first


def _do(request: HttpRequest, slug: str) -> HttpResponse:
    seen = observe(request)
    if slug == recovering.SESSIONS:
        end_sessions(request.user, except_key=request.session.session_key)
        happened(request.user, Kind.SESSIONS_ENDED, seen=seen)
        messages.success(request, _("You are signed in here and nowhere else."))
    elif slug in recovering.SAID:
        happened(request.user, recovering.SAID[slug], seen=seen)
    else:
        raise Http404
    return redirect("security:gave-away")
