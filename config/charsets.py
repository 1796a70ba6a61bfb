"""Everything sent to us is UTF-8, and whoever names another charset is answered before a request is built.

Django decodes queries and forms with whatever the client names, and not every codec Python knows makes text.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

UTF8 = ("utf-8", "utf8")
REFUSED = (
    b"<!doctype html><html lang=en><title>Hedgerow</title><h1>Bad Request</h1>"
    b"<p>Text is read as UTF-8 here, and this was sent as something else.</p>"
)
HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", str(len(REFUSED))),
    ("Cache-Control", "private, no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def is_utf8(content_type: str) -> bool:
    """Tell whether a ``Content-Type`` names no charset or UTF-8, read as Django reads it."""
    try:
        _, parameters = parse_header_parameters(content_type)
    except (ValueError, LookupError):
        return False
    return str(parameters.get("charset", "utf-8")).strip().lower() in UTF8


def utf8_only(application: Wsgi) -> Wsgi:
    """Wrap ``application`` so that it meets no request in another charset."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if is_utf8(environ.get("CONTENT_TYPE", "")):
            return application(environ, start_response)
        start_response("400 Bad Request", HEADERS)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [REFUSED]

    return answer
