"""Where somebody goes on after they have shown who they are: to an address of ours, and to no other."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme


def wanted(request: HttpRequest) -> str:
    """Return the page that was asked for before, with its query, if it is one of ours; else nothing."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    # Without the slash, redirect() would take a word for the name of a view.
    return asked if is_ours(request, asked) and asked.startswith("/") else ""


def is_ours(request: HttpRequest, address: str) -> bool:
    """Say whether an address, whole or from the slash on, leads to this very host and nowhere else."""
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())


def with_next(address: str, wanted: str) -> str:
    """Return ``address`` with what to go on to in its query."""
    return f"{address}?{urlencode({'next': wanted}, safe='/')}" if wanted else address


def first_page(member: Any) -> str:
    """Return where ``member`` goes who wanted to go nowhere else."""
    return resolve_url("admin:index" if member.is_staff else settings.LOGIN_REDIRECT_URL)
