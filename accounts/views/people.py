"""Directory and search."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from privacy.visibility import Viewer

from .. import directory
from ..forms.people import SearchForm


@login_not_required
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Find people: the directory, or those that a search finds."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return render(request, "accounts/people.html", {"form": form, "page": directory.Page([], None)}, status=400)
    text, after = form.cleaned_data["q"], form.cleaned_data["after"]
    page = directory.search(Viewer.of(request.user), text, after)
    following = {"q": text, "after": page.after} if text else {"after": page.after}
    start = reverse("accounts:people")
    context = {
        "form": form,
        "text": text,
        "page": page,
        "next_url": f"{start}?{urlencode(following)}" if page.after else None,
        "first_url": f"{start}?{urlencode({'q': text})}" if after and text else start if after else None,
    }
    return render(request, "accounts/people.html", context)
