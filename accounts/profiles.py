"""What a member tells of themself: the form that each value has to have, and how it is stored."""

import unicodedata
import zoneinfo
from collections.abc import Callable
from datetime import date
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_countries import countries

from privacy.audiences import hold, publish_name
from privacy.changes import record
from privacy.fields import OPEN_NAME
from privacy.juveniles import cap, end_consents, is_juvenile_born
from security.characters import refuse_unprintable, refuse_unprintable_but_breaks, unprintable

from .models import Member, Profile
from .phone_examples import NEUTRAL

LENGTHS = {
    "display_name": 80,
    "bio": 2_000,
    "website": 300,
    "pronouns": 80,
    "city": 120,
    "employer": 120,
    "school": 120,
    "interest": 120,
    "phone": 32,
    "postal_address": 500,
}
MOST_INTERESTS = 30
FIRST_YEAR = 1900

# Marks that turn the direction of what follows, so that a name could read as another.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_is_web_address = URLValidator(schemes=["http", "https"])


# --- storing ------------------------------------------------------------------------------------------------------
@transaction.atomic
def update_profile(member: Member, changes: dict[str, Any], *, by: Member) -> list[str]:
    """Store what changed of ``changes`` (field → value; blank removes it), and return the names of that.

    Raises ``ValidationError`` by field, storing nothing then, and ``PermissionDenied`` for anybody but the member.
    """
    if by.pk != member.pk:
        raise PermissionDenied
    cleaned = clean_changes(changes)
    hold(member)  # before the profile, as whoever changes audiences does
    profile = Profile.objects.select_for_update().get(pk=member.pk)
    _refuse_another_birth_date(profile, cleaned)
    changed = _changed(profile, cleaned, set(cleaned) - {"time_zone"})
    if changed:
        write_values(profile, {name: cleaned[name] for name in changed})
    if "time_zone" in cleaned and _differs(member.time_zone, cleaned["time_zone"]):
        member.time_zone = cleaned["time_zone"]
        member.save(update_fields=["time_zone"])
        changed.append("time_zone")
    record(member, changed)
    return changed


def _changed(profile: Profile, cleaned: dict[str, Any], names: set[str]) -> list[str]:
    return [name for name in cleaned if name in names and _differs(getattr(profile, name), cleaned[name])]


def _differs(stored: Any, new: Any) -> bool:
    return (stored or None) != (new or None) or (bool(new) and stored != new)


def write_values(profile: Profile, values: dict[str, Any]) -> None:
    """Write values, and with them what is derived: the open copy of a name, a juvenile's limits, a number's proof."""
    for name, value in values.items():
        setattr(profile, name, value)
    written = list(values)
    if "birth_date" in values and is_juvenile_born(profile.birth_date):
        written += [*(f"{name}_audience" for name in cap(profile)), "listed"]
        end_consents(profile.pk)
    if "display_name" in values or "birth_date" in values:
        publish_name(profile)
        written += OPEN_NAME
    if "phone" in values:
        profile.phone_verified_at = None
        written.append("phone_verified_at")
    profile.save(update_fields=written)


def _refuse_another_birth_date(profile: Profile, cleaned: dict[str, Any]) -> None:
    """A birth date is told once: it decides who is protected as a juvenile."""
    stored = profile.birth_date
    if "birth_date" in cleaned and stored is not None and cleaned["birth_date"] != stored:
        raise ValidationError({"birth_date": _("A birth date cannot be changed here.")})


# --- the form of a value ------------------------------------------------------------------------------------------
def clean_changes(changes: dict[str, Any]) -> dict[str, Any]:
    """Return values as they are stored, None for blank. Raises ``ValidationError`` with a message per field."""
    cleaned, errors = {}, {}
    for name, value in changes.items():
        clean = CLEANING.get(name)
        if clean is None:
            errors[name] = ValidationError(_("There is no such field."), code="unknown")
            continue
        try:
            cleaned[name] = clean(value) or None
        except ValidationError as error:
            errors[name] = error
    if errors:
        raise ValidationError(errors)
    return cleaned


def clean_line(value: Any, *, most: int) -> str:
    """Return one line of text: readable, trimmed, of at most ``most`` characters."""
    text = _text(value)
    refuse_unprintable(text.strip())
    return _fitting(text, most)


def clean_lines(value: Any, *, most: int) -> str:
    """Return several lines of text, as ``clean_line`` does. Line breaks count as one character each."""
    text = _text(value).replace("\r\n", "\n").replace("\r", "\n")
    refuse_unprintable_but_breaks(text)
    return _fitting(text, most)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or any(character in TURNING for character in value):
        raise unprintable()
    return unicodedata.normalize("NFC", value)


def _fitting(text: str, most: int) -> str:
    """Return trimmed text, blank if nothing in it can be seen."""
    text = text.strip()
    if len(text) > most:
        raise ValidationError(
            _("At most %(most)s characters fit here. There are %(number)s."),
            code="max_length",
            params={"most": most, "number": len(text)},
        )
    return "" if all(unicodedata.category(character)[0] in "CZ" for character in text) else text


def clean_website(value: Any) -> str:
    """Return an address of the web, https where nothing is said, without a name or password in it."""
    text = clean_line(value, most=LENGTHS["website"])
    if not text:
        return ""
    text = clean_line(text if "://" in text else f"https://{text}", most=LENGTHS["website"])
    refusal = ValidationError(
        _("That is no address of a web page. One begins with https:// or http://."), code="website"
    )
    try:
        _is_web_address(text)
        parts = urlsplit(text)
    except (ValidationError, ValueError):
        raise refusal from None
    if "@" in parts.netloc:
        raise ValidationError(_("There is a name or password in that address. Leave it out."), code="credentials")
    if "\\" in text:
        raise refusal
    return text


def clean_phone(value: Any, example: str = NEUTRAL) -> str:
    """Return a telephone number with its country code, as ITU-T E.164 writes it, and an extension after it.

    What is said of one that will not do names an ``example``.
    """
    text = clean_line(value, most=LENGTHS["interest"])
    if not text:
        return ""
    if not text.startswith(("+", "\uff0b")):
        raise ValidationError(
            _("Begin with + and the code of the country, such as %(example)s."),
            code="no_country",
            params={"example": example},
        )
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise _no_number(example) from None
    if not phonenumbers.is_possible_number(number):
        raise _no_number(example)
    plain: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    whole = f"{plain} ext. {number.extension}" if number.extension else plain
    if len(whole) > LENGTHS["phone"]:
        raise _no_number(example)
    return whole


def _no_number(example: str) -> ValidationError:
    return ValidationError(
        _("Nobody could be called at that. A number looks like %(example)s."),
        code="phone",
        params={"example": example},
    )


def clean_interests(value: Any) -> list[str]:
    """Return interests, each once, from a list or from text with commas between them."""
    parts = value.split(",") if isinstance(value, str) else value or []
    if not isinstance(parts, list | tuple):
        raise unprintable()
    each = [clean_line(part, most=LENGTHS["interest"]) for part in parts]
    kept = list({part.casefold(): part for part in reversed(each) if part}.values())[::-1]
    if len(kept) > MOST_INTERESTS:
        raise ValidationError(
            _("At most %(most)s interests fit here. There are %(number)s."),
            code="max_interests",
            params={"most": MOST_INTERESTS, "number": len(kept)},
        )
    return kept


def clean_country(value: Any) -> str:
    """Return the code of a country after ISO 3166."""
    code = clean_line(value, most=LENGTHS["interest"]).upper()
    if code and code not in dict(countries):
        raise ValidationError(_("Choose a country from the list."), code="country")
    return code


def clean_time_zone(value: Any) -> str:
    """Return the name of a time zone after the IANA list."""
    name = clean_line(value, most=LENGTHS["interest"])
    if name and name not in time_zones():
        raise ValidationError(_("Choose a time zone from the list."), code="time_zone")
    return name


@cache
def time_zones() -> tuple[str, ...]:
    """Return the time zones there are, by name."""
    return tuple(sorted(zoneinfo.available_timezones() - {"localtime"}))


def clean_birth_date(value: Any) -> date | None:
    """Return a date on which somebody alive may have been born."""
    refusal = ValidationError(_("That is no birth date. Write it as 1990-04-01."), code="birth_date")
    if value in (None, ""):
        return None
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise refusal from None
    if type(value) is not date or not date(FIRST_YEAR, 1, 1) <= value <= timezone.localdate():
        raise refusal
    return value


def _line(name: str) -> Callable[[Any], str]:
    return partial(clean_line, most=LENGTHS[name])


def _lines(name: str) -> Callable[[Any], str]:
    return partial(clean_lines, most=LENGTHS[name])


CLEANING: dict[str, Callable[[Any], Any]] = {
    "display_name": _line("display_name"),
    "pronouns": _line("pronouns"),
    "bio": _lines("bio"),
    "website": clean_website,
    "city": _line("city"),
    "country": clean_country,
    "employer": _line("employer"),
    "school": _line("school"),
    "interests": clean_interests,
    "phone": clean_phone,
    "postal_address": _lines("postal_address"),
    "birth_date": clean_birth_date,
    "time_zone": clean_time_zone,
}
