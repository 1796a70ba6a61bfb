"""Uploads, each asked for by whoever looks, every time."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from privacy.visibility import Viewer

from ..picture_files import SIZES
from ..pictures import CONTENT_TYPE, open_picture, owner_of

HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@login_not_required
@require_safe
def media(request: HttpRequest, picture_id: UUID, size: str) -> HttpResponse:
    """Serve a picture that is somebody's now and reaches the viewer; everything else is the same 404."""
    owner = owner_of(picture_id, Viewer.of(request.user)) if size in SIZES else None
    content = open_picture(picture_id, size, owner) if owner is not None else None
    if content is None:
        raise Http404
    # The permission comes first: who may no longer see it does not learn that their copy is still the current one.
    tag = f'"{picture_id.hex}-{size}"'
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in known or tag in (given.removeprefix("W/") for given in known):
        return HttpResponse(status=304, headers={**HEADERS, "ETag": tag})
    return HttpResponse(content, content_type=CONTENT_TYPE, headers={**HEADERS, "ETag": tag})
