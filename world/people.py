"""Read the people of a described world: members, their values and audiences, and staff."""

import base64
import binascii
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django_countries import countries

from accounts.profiles import CLEANING, LENGTHS
from accounts.registration import REFUSED_HANDLES
from accounts.roles import ROLES, SUPERUSER
from catalogue.vocabulary import Audience
from encryption.blind_index import normalise
from privacy.juveniles import age_on

from .description import DescribedAudience, DescribedMember, DescribedStaff
from .parts import Part, each
from .sections import Known, read_once

Pictures = Callable[[str], bytes]

HANDLE = re.compile(r"[a-z0-9_]{3,30}")
LIMITS = {name: length for name, length in LENGTHS.items() if name != "interest"} | {"phone": 32}
IN_LINES = ("bio", "postal_address")
FIELDS = (*LIMITS, "picture", "country", "interests", "birthday", "birth_date", "email")
MEMBER_KEYS = ("handle", "email", "password", "verified", "profile", "audiences", "tailoring", "joined")
SECRET_LENGTH = 64
STAFF_KEYS = ("handle", "email", "password", "roles", "totp_secret")
SIGN_IN_KEYS = ("handle", "email", "password")


def read_member(part: Part, known: Known, seen: dict[Any, str], pictures: Pictures) -> DescribedMember:
    keys = part.keys(MEMBER_KEYS, required=SIGN_IN_KEYS)
    handle, email, password = read_sign_in(keys, seen)
    if handle in REFUSED_HANDLES:
        keys["handle"].refuse("would pass for the site itself")
    profile = keys["profile"].keys(FIELDS, what="field") if "profile" in keys else {}
    audiences = keys["audiences"].keys(FIELDS, what="field") if "audiences" in keys else {}
    return DescribedMember(
        path=part.path,
        handle=handle,
        email=email,
        password=password,
        verified=keys["verified"].truth() if "verified" in keys else True,
        profile=read_values(profile, email),
        picture=read_picture(profile.get("picture"), pictures),
        audiences={name: read_audience(value, known, handle) for name, value in audiences.items()},
        tailoring=keys["tailoring"].truth() if "tailoring" in keys else None,
        joined=read_joined(keys.get("joined")),
    )


def read_staff(part: Part, seen: dict[Any, str]) -> DescribedStaff:
    keys = part.keys(STAFF_KEYS, required=(*SIGN_IN_KEYS, "roles"))
    handle, email, password = read_sign_in(keys, seen)
    return DescribedStaff(
        path=part.path,
        handle=handle,
        email=email,
        password=password,
        roles=each(keys.get("roles"), partial(read_role, {})),
        totp_secret=read_totp_secret(keys["totp_secret"]) if "totp_secret" in keys else "",
    )


def read_role(taken: dict[Any, str], part: Part) -> str:
    role = part.choice((*ROLES, SUPERUSER), "role")
    if role:
        part.unlike(taken, role, "the same as")
    return role


def read_totp_secret(part: Part) -> str:
    """Return a second-factor secret of at least 80 bits in Base32."""
    secret = part.text(SECRET_LENGTH)
    try:
        if secret and len(base64.b32decode(secret + "=" * (-len(secret) % 8))) < 10:
            part.refuse("is shorter than 80 bits")
    except (binascii.Error, ValueError):
        part.refuse("is not Base32")
    return secret


def read_sign_in(keys: dict[str, Part], seen: dict[Any, str]) -> tuple[str, str, str]:
    """Return handle, e-mail and password; nobody has the handle or e-mail of somebody else."""
    handle = read_handle(keys["handle"], seen) if "handle" in keys else ""
    email = read_email(keys["email"], seen) if "email" in keys else ""
    return handle, email, keys["password"].text(1_000) if "password" in keys else ""


def read_handle(part: Part, seen: dict[Any, str]) -> str:
    if not part.is_a(str):
        return ""
    if not HANDLE.fullmatch(part.value):
        part.refuse("must be 3 to 30 of a-z, 0-9 and _")
        return ""
    part.unlike(seen, ("handle", part.value), "the same handle as")
    return str(part.value)


def read_email(part: Part, seen: dict[Any, str]) -> str:
    email = part.text(254)
    if not email:
        return ""
    try:
        validate_email(email)
    except ValidationError:
        part.refuse("is no e-mail address")
    part.unlike(seen, ("email", normalise(email)), "the same address as")
    return email


def read_joined(part: Part | None) -> Any:
    joined = part.time() if part else None
    if part and joined and joined > timezone.now():
        part.refuse("lies in the future")
    return joined


def read_values(profile: dict[str, Part], email: str) -> dict[str, Any]:
    """Return the values of a profile by field. Null and an empty text are no value."""
    values: dict[str, Any] = {}
    for name, part in profile.items():
        if name == "birthday":
            part.refuse("has no value of its own: it is the day and month of birth_date")
        elif part.value not in (None, "") and name != "picture":
            values[name] = read_value(name, part)
    if values.pop("email", email) != email:
        profile["email"].refuse("differs from the e-mail that the member signs in with")
    return values


def read_value(name: str, part: Part) -> Any:
    if name == "interests":
        return read_interests(part)
    if name == "country":
        return read_country(part)
    if name == "birth_date":
        return read_birth_date(part)
    text = part.text(LIMITS.get(name, 254), lines=name in IN_LINES)
    if name in CLEANING:
        refused_by(part, CLEANING[name], text)
    return text


def refused_by(part: Part, clean: Callable[[Any], Any], value: Any) -> None:
    """Note what the profile page would say to a value."""
    try:
        clean(value)
    except ValidationError as error:
        part.refuse(" ".join(error.messages))


def read_interests(part: Part) -> list[str]:
    interests = list(each(part, lambda interest: interest.text(LENGTHS["interest"])))
    if all(interests):
        refused_by(part, CLEANING["interests"], interests)
    return interests


def read_country(part: Part) -> str:
    return part.choice(dict(countries.countries), "country")


def read_birth_date(part: Part) -> Any:
    born = part.day()
    today = timezone.localdate()
    if born and born > today:
        part.refuse("lies in the future")
    elif born and born.year < 1900:
        part.refuse("lies before 1900")
    elif born and age_on(born, today) < settings.MINIMUM_AGE:
        part.refuse(f"nobody under {settings.MINIMUM_AGE} can join")
    return born


def read_picture(part: Part | None, pictures: Pictures) -> Callable[[], bytes] | None:
    """Return how to read a picture again when it is loaded; it is looked at now, kept in memory never."""
    if part is None or part.value in (None, ""):
        return None
    name = part.text(500)
    try:
        if name:
            pictures(name)
    except ValueError as error:
        part.refuse(str(error))
    return partial(pictures, name)


def read_audience(part: Part, known: Known, owner: str) -> DescribedAudience:
    """Return who shall see something of ``owner``."""
    keys = part.keys(("audience", "circles", "except"), required=("audience",))
    audience = read_level(part, keys["audience"]) if "audience" in keys else Audience.ONLY_ME
    circles = each(keys.get("circles"), lambda circle: circle.choice(known.circles.get(owner, set()), "circle"))
    if "audience" in keys and (audience is Audience.CIRCLES) != bool(circles):
        part.refuse("needs circles" if audience is Audience.CIRCLES else "circles go with the audience 'circles' only")
    taken: dict[Any, str] = {owner: "the owner"}
    exceptions = each(keys.get("except"), partial(read_once, known, taken))
    return DescribedAudience(audience, tuple(dict.fromkeys(circles)), exceptions)


def read_level(part: Part, word: Part) -> Audience:
    """Return an audience by its word; an unknown one is noted at the field, not at the word."""
    if not isinstance(word.value, str):
        word.refuse("must be a string")
        return Audience.ONLY_ME
    known = {audience.word: audience for audience in Audience}
    found = Part(word.value, part.path, part.problems).choice(known, "audience")
    return known.get(found, Audience.ONLY_ME)
