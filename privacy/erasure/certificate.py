"""The certificate of erasure: what was erased, when, what stays and why, signed by the site.

It names nobody. ``docs/certificates.md`` says what is in it and how a stranger checks it.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from catalogue.declarations import PersonalData
from catalogue.erasure import Keep
from catalogue.registry import personal_data, personal_data_of, stores
from encryption.signing import is_signed, public_key, sign
from notifications import farewells
from privacy.models import ErasureRequest, ErasureStep, LegalHold
from privacy.models.erasure import WITHIN

from .names import name_of

PURPOSE = "certificate of erasure"
PREFIX = b"hedgerow certificate of erasure 1\n"
FORMAT = 1
# Somebody who is told late has as long as this to be told at all.
AT_LEAST = timedelta(hours=6)
Statement = dict[str, Any]


class NotACertificate(ValueError):
    """It is not written as a certificate is."""


@transaction.atomic
def issue(request: ErasureRequest, now: datetime) -> None:
    """Write the certificate of ``request`` once, and have it sent to the address that was put aside, if there is one.

    Raises KeyFileError.
    """
    locked = ErasureRequest.objects.select_for_update().get(pk=request.pk)
    if locked.certificate:
        return
    text = written(statement(locked, now))
    locked.certificate = fingerprint(json.loads(text)["statement"])
    locked.save(update_fields=["certificate"])
    if not farewells.has_ended(locked.pk):
        until = max(locked.due_at + WITHIN, now + AT_LEAST)
        by_staff = locked.origin == ErasureRequest.Origin.STAFF
        is_child = locked.origin == ErasureRequest.Origin.CHILD
        farewells.write(locked.pk, until=until, certificate=text, by_staff=by_staff, is_child=is_child)


# --- what it says -------------------------------------------------------------------------------------------------
def statement(request: ErasureRequest, now: datetime) -> Statement:
    """Return what is certified of ``request`` at ``now``: names of models, counts and moments."""
    done = dict(request.steps.filter(state=ErasureStep.State.DONE).values_list("name", "done_at"))
    return {
        "kind": PURPOSE,
        "format": FORMAT,
        "site": settings.PUBLIC_URL,
        "number": str(request.pk),
        "asked_at": _moment(request.asked_at),
        "due_at": _moment(request.due_at),
        "unreadable_since": _moment(done.get("key") or now),
        "certified_at": _moment(now),
        "erased": list(_erased(request)),
        "stores": sorted(str(store.holds) for store in stores() if f"store:{store.name}" in done),
        "told": sorted(name for name in done if name.startswith("recall:")),
        "being_told": sorted(request.steps.filter(stage=0).exclude(name__in=done).values_list("name", flat=True)),
        "kept": list(kept()),
        "fading": [
            {"what": str(store.holds), "days": store.keep_for.days} for store in stores() if store.keep_for is not None
        ],
        "held": list(_held(request, now)),
    }


def _erased(request: ErasureRequest) -> Iterator[Statement]:
    """Yield each model of which rows were erased. The member's own row comes first."""
    own = get_user_model()._meta.label
    if not request.steps.filter(state=ErasureStep.State.HELD, name__startswith="part:").exists():
        yield _entry(own, 1)
    counted = request.steps.filter(name__startswith="data:", state=ErasureStep.State.DONE, rows__gt=0)
    for name, count in counted.order_by("position").values_list("name", "rows"):
        yield _entry(name.partition(":")[2], count or 0)


def _entry(label: str, count: int) -> Statement:
    return {
        "model": label,
        "name": name_of(label),
        "categories": _categories(personal_data_of(label)),
        "rows": count,
    }


def _categories(data: PersonalData) -> list[str]:
    return sorted({field.category.value for field in data.fields})


def kept() -> Iterator[Statement]:
    """Yield what stays by declaration, and why."""
    for data in personal_data():
        reasons = {
            (str(each.erasure.because), each.erasure.until) for each in data.fields if isinstance(each.erasure, Keep)
        }
        for because, until in sorted(reasons, key=str):
            yield {
                "model": data.model,
                "name": name_of(data.model),
                "because": because,
                "days": until.days if until else None,
            }


def _held(request: ErasureRequest, now: datetime) -> Iterator[Statement]:
    """Yield the holds of which their subject may know."""
    if request.member_id is None:
        return
    for hold in LegalHold.objects.to_be_told(now).filter(member=request.member_id).order_by("ends_at"):
        names = [name_of(label) for label in hold.held]
        yield {
            "ground": hold.get_ground_display(),
            "models": hold.held,
            "names": names,
            "until": _moment(hold.ends_at),
        }


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None


# --- how it is written, signed and checked ------------------------------------------------------------------------
def written(said: Statement) -> str:
    """Return the file of a certificate. Raises KeyFileError."""
    document = {
        "statement": said,
        "algorithm": "Ed25519",
        "key": base64.b64encode(public_key(PURPOSE)).decode(),
        "signature": base64.b64encode(sign(PURPOSE, PREFIX + canonical(said))).decode(),
    }
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)


def canonical(said: Statement) -> bytes:
    """Return the bytes that are signed: JSON with sorted names, without spaces, in UTF-8."""
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def fingerprint(said: Statement) -> str:
    """Return the digest by which the site knows a certificate that it issued."""
    return hashlib.sha256(canonical(said)).hexdigest()


def read(text: str) -> Statement | None:
    """Return what the certificate in ``text`` says; None if its signature is not ours.

    Raises NotACertificate.
    """
    try:
        document = json.loads(text)
        said, signature = document["statement"], base64.b64decode(document["signature"], validate=True)
        message = PREFIX + canonical(said)
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise NotACertificate from None
    if not isinstance(said, dict):
        raise NotACertificate
    return said if is_signed(PURPOSE, message, signature) else None
