"""How the policy is kept."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from privacy.policy.clauses import clauses_of
from privacy.policy.history import in_force, reigns
from privacy.policy.kept import kept_clauses, states


@login_not_required
@require_safe
def policy_kept(request: HttpRequest) -> HttpResponse:
    """Read how each clause is kept: its promises, what carries them out, which tests prove it, what is so now."""
    reign = in_force(reigns())
    if reign is None:
        raise Http404
    _preamble, clauses = clauses_of(reign.version.body)
    kept = kept_clauses(clauses)
    return render(request, "privacy/policy_kept.html", {"reign": reign, "clauses": kept, "states": states(kept)})
