"""An example of a telephone number, from the country that its reader is likely to be in."""

import zoneinfo
from functools import cache
from pathlib import Path
from typing import Any

import phonenumbers
from django.utils.translation.trans_real import parse_accept_lang_header

# Belongs to no country: of the universal international freephone service (ITU-T E.169.1).
NEUTRAL = "+800 1234 5678"
TABLE = "zone.tab"  # which country each time zone is in, beside the time zones themselves


def example_for(member: Any, country: Any, languages: str) -> str:
    """Return a number as it is written in the country of ``member``: the one they told, else that of their clock,
    else that of the ``languages`` their browser asks for (``Accept-Language``). One of no country if none tells it.
    """
    told = country if isinstance(country, str) else ""
    return _example(told or country_of_zone(member.time_zone) or country_of_languages(languages))


def country_of_zone(name: Any) -> str:
    """Return the code of the country that a time zone is in; blank where that is none, or not known."""
    return _countries_of_zones().get(name, "") if isinstance(name, str) else ""


def country_of_languages(header: str) -> str:
    """Return the code of the country in the language that is preferred; blank if none is named there."""
    preferred = [language for language, _weight in parse_accept_lang_header(header.lower())[:1]]
    countries = [part.upper() for language in preferred for part in language.split("-")[1:] if len(part) == 2]
    return countries[0] if countries else ""


@cache
def _countries_of_zones() -> dict[str, str]:
    table = next((found for folder in zoneinfo.TZPATH if (found := Path(folder, TABLE)).is_file()), None)
    lines = table.read_text(encoding="utf-8").splitlines() if table else []
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {row[2]: row[0] for row in rows if len(row) > 2}


@cache
def _example(country: str) -> str:
    number = phonenumbers.example_number(country) if country else None
    if number is None:
        return NEUTRAL
    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return written
