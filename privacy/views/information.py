"""Your information: everything that is held, and one's own changes."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalogue.registry import personal_data_of
from privacy.changes import changes_of
from privacy.information import holding, showing
from privacy.information.places import caption_of


@require_safe
def information(request: HttpRequest) -> HttpResponse:
    """Show a member everything that is held about them."""
    return render(
        request,
        "privacy/information.html",
        {"sections": showing.sections(request.user), "concealed": showing.concealed()},
    )


@require_safe
def information_of(request: HttpRequest, label: str) -> HttpResponse:
    """Show a member all rows of one kind about them, a page at a time."""
    try:
        data = personal_data_of(label)
    except KeyError:
        raise Http404 from None
    if data not in holding.declared() or holding.is_single(data):
        raise Http404
    rows = holding.newest(data, request.user, showing.PAGE + 1, request.GET.get("after", ""))
    shown, is_more = rows[: showing.PAGE], len(rows) > showing.PAGE and holding.can_be_paged(data)
    context = {
        "title": showing.title_of(data),
        "fields": data.fields,
        "rows": [(caption_of(data, row.row), showing.lines(row)) for row in shown],
        "next_url": f"?after={shown[-1].number}" if is_more else "",
        "first_url": request.path if "after" in request.GET else "",
    }
    return render(request, "privacy/information_of.html", context)


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """Show a member what was changed of their data, and when: names of fields, never values."""
    found, after = changes_of(request.user, request.GET.get("after", ""))
    context = {
        "changes": found,
        "next_url": f"?after={after}" if after else "",
        "first_url": request.path if "after" in request.GET else "",
    }
    return render(request, "privacy/changes.html", context)
