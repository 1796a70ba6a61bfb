"""Addresses of ours, as they are told to people."""

from typing import Any

from django.conf import settings
from django.urls import reverse


def link(name: str, *args: Any) -> str:
    """Return an address of ours. It comes from the settings, since whoever asks for a page names any host."""
    return at(reverse(name, args=args))


def at(page: str) -> str:
    """Return the whole address of a page of ours, such as */people/*."""
    return f"{settings.PUBLIC_URL}{page}"
