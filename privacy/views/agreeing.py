"""Agreeing to a version of the policy, and what one has agreed to."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.http import require_http_methods, require_safe

from privacy.forms.policy import AgreeForm
from privacy.models import PolicyAcceptance, PolicyVersion
from privacy.policy import policy_in_force
from privacy.policy.asking import agree_and_go_on, must_agree
from security.forms import status_of
from security.returning import first_page, wanted
from security.waiting_forms import waiting_forms


@require_http_methods(["GET", "HEAD", "POST"])
def agree(request: HttpRequest) -> HttpResponse:
    """Ask whoever has to agree; then go on to where they were."""
    where = wanted(request) or resolve_url(first_page(request.user))
    if not must_agree(request):
        return redirect(where)
    try:
        version = policy_in_force()
    except PolicyVersion.DoesNotExist:
        raise Http404 from None
    form = AgreeForm(request.POST if request.method == "POST" else None, version=version)
    if form.is_valid():
        agree_and_go_on(request, version)
        return redirect(where)
    context = {
        "form": form,
        "version": version,
        "next": where,
        "waits": waiting_forms(request),
    }
    return render(request, "privacy/agree.html", context, status=status_of(form))


@require_safe
def agreed(request: HttpRequest) -> HttpResponse:
    """List what the member agreed to: which text, in which language, when."""
    return render(request, "privacy/agreed.html", {"agreements": PolicyAcceptance.objects.of(request.user)})
