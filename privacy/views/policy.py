"""The policy: the version in force, every one before, and those whose day is still to come."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from privacy.policy.choosing import TwoVersions, latest_two
from privacy.policy.clauses import clauses_of
from privacy.policy.controls import controls_of
from privacy.policy.data_table import data_table, elsewhere
from privacy.policy.history import Reign, agreed_at, in_force, reign_of, reigns


@login_not_required
@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Read the policy in force."""
    return _policy_page(request, in_force(reigns()))


@login_not_required
@require_safe
def policy_versions(request: HttpRequest) -> HttpResponse:
    """List every version of the policy that was, is, or will be in force."""
    found = reigns()
    form = TwoVersions(None, found, initial=latest_two(found)) if len(found) > 1 else None
    return render(request, "privacy/policy_versions.html", {"reigns": found, "form": form})


@login_not_required
@require_safe
def policy_version(request: HttpRequest, number: str) -> HttpResponse:
    """Read one version of the policy."""
    return _policy_page(request, reign_of(number, reigns()))


@login_not_required
@require_safe
def policy_data(request: HttpRequest) -> HttpResponse:
    """Read what is held at all: what for, on which ground, how long, and who sees it at first."""
    return render(request, "privacy/policy_data.html", {"kinds": data_table(), "elsewhere": elsewhere()})


def _policy_page(request: HttpRequest, reign: Reign | None) -> HttpResponse:
    if reign is None:
        raise Http404
    preamble, clauses = clauses_of(reign.version.body)
    context = {
        "reign": reign,
        "version": reign.version,
        "agreed_at": agreed_at(request.user, reign.version),
        "preamble": preamble,
        "clauses": [(clause, controls_of(clause.mark)) for clause in clauses],
    }
    return render(request, "privacy/policy.html", context)
