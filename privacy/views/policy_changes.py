"""What changed from one version of the policy to another."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from privacy.policy.choosing import TwoVersions, both
from privacy.policy.differences import differences
from privacy.policy.history import Reign, in_force, reign_of, reigns


@login_not_required
@require_safe
def policy_changes(request: HttpRequest) -> HttpResponse:
    """Go to the difference between the two versions that were chosen, else to that of the one in force."""
    among = _reigns_or_404()
    if not {"from", "to"} & request.GET.keys():
        return redirect("privacy:policy-changes-of", (in_force(among) or among[0]).version.number)
    form = TwoVersions(request.GET, among)
    chosen = both(form, among)
    if chosen is None:
        return _ask_once_more(request, form)
    old, new = chosen
    page = reverse("privacy:policy-changes-of", args=[new.number])
    return redirect(f"{page}?{urlencode({'from': old.number})}")


@login_not_required
@require_safe
def policy_changes_of(request: HttpRequest, number: str) -> HttpResponse:
    """Read what changed in one version of the policy, from the one before or from any other."""
    among = _reigns_or_404()
    reign = reign_of(number, among)
    if reign is None:
        raise Http404
    asked = request.GET.get("from", reign.before.number if reign.before else None)
    if asked is None:
        context = {"form": TwoVersions(None, among, initial={"to": number}), "first": reign.version}
        return render(request, "privacy/policy_changes.html", context)
    form = TwoVersions({"from": asked, "to": number}, among)
    chosen = both(form, among)
    if chosen is None:
        return _ask_once_more(request, form)
    old, new = chosen
    context = {"form": form, "old": old, "new": new, "found": differences(old.body, new.body)}
    return render(request, "privacy/policy_changes.html", context)


def _reigns_or_404() -> list[Reign]:
    among = reigns()
    if not among:
        raise Http404
    return among


def _ask_once_more(request: HttpRequest, form: TwoVersions) -> HttpResponse:
    return render(request, "privacy/policy_changes.html", {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
