"""How values read on a page."""

from datetime import date
from typing import Any

from django.utils.formats import date_format
from django_countries import countries

from encryption.fields import UNAVAILABLE

from .visibility import Birthday


def presented(field: str, value: Any) -> Any:
    """Return a value as text for people; what is hidden or empty comes back as an empty string."""
    if value is None:
        return ""
    if value is UNAVAILABLE:
        return str(value)
    if isinstance(value, Birthday):
        return date_format(date(2000, value.month, value.day), "j F")
    if isinstance(value, date):
        return date_format(value, "j F Y")
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    if field == "country":
        return countries.name(value) or value
    return value
