"""Addresses of ours, as they are told to people."""

from typing import Any

from django.conf import settings
from django.urls import reverse


def link(name: str, *args: Any) -> str:
    """Return an address of ours. It comes from the settings, since whoever asks for a page names any host."""
    return settings.PUBLIC_URL + reverse(name, args=args)
