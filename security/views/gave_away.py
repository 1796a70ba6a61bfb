"""*I gave my password to somebody*: one page, a step at a time."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .. import recovering, removing
from ..allowances import Limit, take
from ..ending import end_others
from ..events import happened
from ..freshness import recently_authenticated
from ..interrupting import is_sent_on
from ..observing import observe
from ..steps import second_steps
from ..waiting import ask_to_wait

# Each writes a row. The path has six steps, and may be gone a few times over.
SAID = Limit("gave away", burst=30, every=timedelta(minutes=2))


@require_http_methods(["GET", "HEAD", "POST"])
def gave_away(request: HttpRequest) -> HttpResponse:
    """Lead through what makes an account one's own again after somebody got to know the password."""
    if request.method == "POST" or is_sent_on(request):
        return _freshly(request)
    return _page(request)


def _page(request: HttpRequest, wait: timedelta | None = None) -> HttpResponse:
    """Show the step that is due or was asked for; say so if nothing was done since it was pressed too often."""
    steps = recovering.steps_of(request.user, here=request.session.session_key)
    step = _current(steps, request.GET.get("step", ""))
    context: dict[str, Any] = {"steps": steps, "step": step, "too_often": wait is not None}
    if step and step.slug == recovering.STEPS:
        context["second_steps"] = second_steps(request.user)
        context["in_question"] = removing.pending(request.user)
    page = render(request, "security/gave_away.html", context)
    return ask_to_wait(page, wait) if wait else page


def _current(steps: list[recovering.Step], wanted: str) -> recovering.Step | None:
    """Return the step to show: the one asked for, once the path is begun; else the first that is not done."""
    first = next((step for step in steps if not step.is_done), None)
    asked = next((step for step in steps if step.slug == wanted), None)
    return asked if asked and steps[0].is_done else first


@recently_authenticated
def _freshly(request: HttpRequest) -> HttpResponse:
    """Do what was pressed, unless that was often."""
    slug = request.POST.get("step", "")
    if slug != recovering.SESSIONS and slug not in recovering.SAID:
        raise Http404
    wait = take(SAID, request.user.pk)
    return _page(request, wait) if wait is not None else _do(request, slug)


def _do(request: HttpRequest, slug: str) -> HttpResponse:
    seen = observe(request)
    if slug == recovering.SESSIONS:
        end_others(request.user, here=request.session.session_key, seen=seen)
        messages.success(request, _("You are signed in here and nowhere else."))
    else:
        happened(request.user, recovering.SAID[slug], seen=seen)
    return redirect("security:gave-away")
