"""How values read on a page."""

from datetime import date
from typing import Any

import phonenumbers
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
    return _spaced(value) if field == "phone" else value


def address_of(field: str, value: Any) -> str:
    """Return where pressing a value leads: to a website, or to a call. Blank where there is nothing to press."""
    if not isinstance(value, str):
        return ""
    if field == "website" and value.startswith(("https://", "http://")):
        return value
    if field == "phone" and (number := _number(value)) is not None:
        plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return f"tel:{plain};ext={number.extension}" if number.extension else f"tel:{plain}"
    return ""


def _spaced(stored: str) -> str:
    """Return a telephone number with spaces, as its country writes it for callers from abroad."""
    number = _number(stored)
    if number is None:
        return stored
    spaced: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return spaced


def _number(stored: str) -> Any:
    try:
        return phonenumbers.parse(stored, None)
    except phonenumbers.NumberParseException:
        return None
