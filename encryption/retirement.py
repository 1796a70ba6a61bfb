"""Dropping keys that nothing needs any more: ring keys from the key file, old generations from the keystore."""

import datetime as dt
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Max
from django.utils import timezone

from .envelope import DecryptionError, generation_of
from .keys import forget_keys
from .models import MemberKey
from .ring import ring
from .rotation import batches, rewrap, sealed_columns, sealed_files, sealed_models
from .sealed import Sealed


def retire_ring_keys() -> list[int]:
    """Take the keys that wrap nothing any more out of the key file; return their ids."""
    before = ring()
    used = set(MemberKey.objects.live().values_list("ring_key", flat=True).distinct())
    unused = sorted(set(before.keys) - used - {before.active})
    if unused:
        before.without(unused).write(settings.KEY_FILE)
        # Somebody may have wrapped a key with the old ring a moment ago; this process still knows that ring.
        rewrap(knowing=before)
    return unused


def retire_generations(grace: float) -> int:
    """Delete old generations of data keys that seal nothing any more; return how many.

    Only where the newest is older than ``grace`` seconds: until then somebody may write back what they read before.
    """
    used = _generations_in_use()
    before = timezone.now() - dt.timedelta(seconds=grace)
    newest = MemberKey.objects.live().values("subject").annotate(top=Max("generation"))
    dropped = 0
    for subject, top in newest.filter(top__gt=1).values_list("subject", "top").iterator():
        if not MemberKey.objects.filter(subject=subject, generation=top, created_at__lt=before).exists():
            continue
        floor = min(used.get(subject, top), top)
        dropped += MemberKey.objects.live().filter(subject=subject, generation__lt=floor).delete()[0]
    forget_keys()
    return dropped


def _generations_in_use() -> dict[int, int]:
    """Return the oldest generation that a stored value or file of each member names."""
    used: dict[int, int] = {}
    for subject, sealed in _every_envelope():
        try:
            used[subject] = min(generation_of(sealed), used.get(subject, generation_of(sealed)))
        except DecryptionError:
            continue
    return used


def _every_envelope() -> Iterator[tuple[int, bytes]]:
    for model in sealed_models():
        for row in chain.from_iterable(batches(model)):
            yield from _envelopes_of(row, sealed_columns(model))
    for storage, name, subject in sealed_files():
        try:
            yield subject, storage.envelope(name)
        except FileNotFoundError:
            continue


def _envelopes_of(row: models.Model, columns: list[Any]) -> Iterator[tuple[int, bytes]]:
    for column in columns:
        stored = row.__dict__[column.attname]
        if type(stored) is Sealed:
            yield column.subject_on(row), stored
