"""The pages on which somebody is reported as a child, with or without an account."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from privacy.visibility import Viewer
from security.allowances import Throttled
from security.forms import status_of
from security.observing import observe
from security.waiting import ask_to_wait, too_often

from ..child_reports import report as report_child
from ..forms.age import ReportChildForm
from ..models import Member
from .profile import find_member


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, handle: str) -> HttpResponse:
    """Ask why somebody is taken for a child, and hand it to staff. Whose page is not to be had is not reported."""
    viewer = Viewer.of(request.user)
    member = find_member(handle, viewer)
    if member.pk == viewer.member_id:
        raise Http404
    form = ReportChildForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "handle": member.handle}
    if form.is_valid():
        by = request.user if isinstance(request.user, Member) else None
        try:
            report_child(member, form.cleaned_data["words"], by=by, seen=observe(request))
        except Throttled as refused:
            form.add_error("words", too_often(refused.wait))
            return ask_to_wait(render(request, "accounts/report_child.html", context), refused.wait)
        return redirect("accounts:report-child-sent")
    return render(request, "accounts/report_child.html", context, status=status_of(form))


@login_not_required
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say that staff look at it, whatever it was."""
    return render(request, "accounts/report_child_sent.html")
