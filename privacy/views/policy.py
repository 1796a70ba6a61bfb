"""The policy: the version in force, every one before, and those whose day is still to come."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from privacy.models import PolicyVersion
from privacy.policy import policy_in_force
from privacy.policy.clauses import clauses_of


@login_not_required
@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Read the policy in force."""
    try:
        version = policy_in_force()
    except PolicyVersion.DoesNotExist:
        raise Http404 from None
    return _policy_page(request, version)


@login_not_required
@require_safe
def policy_versions(request: HttpRequest) -> HttpResponse:
    """List every version of the policy that was or is in force."""
    return render(request, "privacy/policy_versions.html", {"versions": PolicyVersion.objects.in_force()})


@login_not_required
@require_safe
def policy_version(request: HttpRequest, number: str) -> HttpResponse:
    """Read one version of the policy."""
    return _policy_page(request, get_object_or_404(PolicyVersion.objects.published(), number=number))


def _policy_page(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    preamble, clauses = clauses_of(version.body)
    context = {
        "version": version,
        "preamble": preamble,
        "clauses": clauses,
        "is_to_come": version.effective_at > timezone.now(),
    }
    return render(request, "privacy/policy.html", context)
