"""Recovery codes: a sheet of words by chance, for who has nothing else at hand. Each is taken once."""

import base64
import hashlib
import re
import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import events
from .models import Kind, RecoveryCode, RecoveryCodes
from .observing import Observation

HOW_MANY = 10
# 80 random bits: as many as nobody can try out against the digests of a stolen database.
RANDOM_BYTES = 10
GROUP = 4
# Base32 has no 0, 1 and 8, so who reads one of them means a letter.
MISREAD = str.maketrans("018", "olb")


def codes_left(member: Any) -> int:
    """Return how many codes of ``member`` are still good."""
    return RecoveryCode.objects.filter(sheet__user=member).count()


def has_codes(member: Any) -> bool:
    """Say whether codes were ever made, used up or not."""
    return bool(RecoveryCodes.objects.filter(user=member, confirmed=True).exists())


@transaction.atomic
def make_codes(member: Any, *, seen: Observation) -> list[str]:
    """Return new codes, to be shown once; the old ones open nothing any more. Only digests are kept."""
    get_user_model()._default_manager.select_for_update().get(pk=member.pk)  # two first presses make one sheet
    sheet = RecoveryCodes.objects.filter(user=member).first()
    is_news = sheet is not None or not events.has_just_happened(member, Kind.FACTOR_ADDED)
    if sheet is None:
        sheet = RecoveryCodes.objects.create(user=member, name=_("Recovery codes"))
    RecoveryCodes.objects.filter(pk=sheet.pk).update(created_at=timezone.now())
    codes = [_new_code() for _number in range(HOW_MANY)]
    RecoveryCode.objects.filter(sheet=sheet).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(sheet=sheet, digest=digest(code, member)) for code in codes)
    # The first ones come with the first second step, and the member is told of both at once.
    events.happened(member, Kind.CODES_MADE if is_news else Kind.FIRST_CODES, seen=seen)
    return codes


@transaction.atomic
def use_code(member: Any, typed: str, *, seen: Observation) -> RecoveryCodes | None:
    """Use a code up and return its sheet; None if there is no such code any more."""
    sheet: RecoveryCodes | None = RecoveryCodes.objects.filter(user=member, confirmed=True).first()
    if sheet is None:
        return None
    # One conditional DELETE decides between two who send the same code at once.
    used, _rows = RecoveryCode.objects.filter(sheet=sheet, digest=digest(typed, member)).delete()
    if not used:
        return None
    RecoveryCodes.objects.filter(pk=sheet.pk).update(last_used_at=timezone.now())
    events.happened(member, Kind.CODE_USED, seen=seen)
    return sheet


def are_good(member: Any, codes: list[str]) -> bool:
    """Say whether ``codes`` are all the codes of ``member`` that are good now."""
    kept = set(RecoveryCode.objects.filter(sheet__user=member).values_list("digest", flat=True))
    return bool(kept) and {digest(code, member) for code in codes} == kept


def looks_like_code(typed: str) -> bool:
    """Say whether somebody has typed one of their codes, or most of it, and not six digits."""
    return bool(re.fullmatch(r"[a-z2-7]{12,20}", _plain(typed)))


def digest(code: str, member: Any) -> str:
    """Return what is stored of a code, however it was typed."""
    plain = _plain(code)
    return hashlib.sha256(f"{member.pk}:{plain}".encode("utf-8", "replace")).hexdigest()


def _plain(code: str) -> str:
    """Return a code without what people put between its letters, and read as it is meant."""
    return re.sub(r"[\W_]+", "", code).lower().translate(MISREAD)


def _new_code() -> str:
    plain = base64.b32encode(secrets.token_bytes(RANDOM_BYTES)).decode().lower()
    return "-".join(plain[start : start + GROUP] for start in range(0, len(plain), GROUP))
