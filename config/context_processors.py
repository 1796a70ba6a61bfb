"""What every template may read."""

from django.http import HttpRequest


def csp_nonce(request: HttpRequest) -> dict[str, object]:
    """Return the nonce of this answer under the name that django-htmx and Django 6 use.

    It is lazy: only a page that prints it gets a nonce in its header.
    """
    return {"csp_nonce": getattr(request, "csp_nonce", "")}
