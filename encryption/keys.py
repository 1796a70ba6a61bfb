"""The data key of each member: made, read, forgotten, destroyed.

A key of the ring wraps it; it lies wrapped in the keystore database and unwrapped only in memory, briefly.
"""

import datetime as dt
import logging
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from .envelope import KEY_BYTES, DataKey, DecryptionError
from .models import MemberKey, StoredKey, store_first_keys, stored_keys
from .overwriting import empty_write_ahead_log
from .ring import KeyFileError, KeyRing, create_key_file, ring
from .routers import KEYSTORE

__all__ = [
    "DataKey",
    "DecryptionError",
    "KeyDestroyed",
    "KeyFileError",
    "KeyMissing",
    "KeyRing",
    "cached_key",
    "create_data_key",
    "create_data_keys",
    "create_key_file",
    "data_key",
    "data_keys",
    "destroy_data_key",
    "forget_keys",
    "is_destroyed",
    "next_generations",
    "refetch_data_key",
    "ring",
]

logger = logging.getLogger("hedgerow.encryption")

CACHE_SECONDS = 30.0
CACHE_KEYS = 16_384
BATCH = 500
BATCH_OF_NEW = 5_000


class KeyMissing(DecryptionError):
    """The subject has no data key."""


class KeyDestroyed(KeyMissing):
    """The subject's data key was destroyed; what it sealed is gone for good."""


# --- unwrapped keys in memory, briefly ----------------------------------------------------------------------------
class _KeyCache:
    """Unwrapped data keys of this process: bounded, and gone after CACHE_SECONDS."""

    def __init__(self) -> None:
        self.keys: dict[int, DataKey] = {}
        self.lock = threading.Lock()

    def get(self, subject: Any) -> DataKey | None:
        """Return the key if it was read a moment ago."""
        key = self.keys.get(subject)
        return key if key is not None and key.expires > time.monotonic() else None

    def among(self, subjects: set[int]) -> dict[int, DataKey]:
        """Return those of ``subjects`` that were read a moment ago."""
        now, keys = time.monotonic(), self.keys
        some = [(subject, keys.get(subject)) for subject in subjects]
        return {subject: key for subject, key in some if key is not None and key.expires > now}

    def put(self, fresh: Mapping[int, DataKey]) -> None:
        """Keep ``fresh``; drop what is too old, then what is too much (but never a part of ``fresh``)."""
        now = time.monotonic()
        with self.lock:
            for subject, key in fresh.items():
                key.expires = now + CACHE_SECONDS
                self.keys.pop(subject, None)  # to the end: insertion order is order of age
            self.keys.update(fresh)
            self._shrink(now, max(CACHE_KEYS, len(fresh)))

    def _shrink(self, now: float, limit: int) -> None:
        while self.keys:
            eldest = next(iter(self.keys))
            if self.keys[eldest].expires > now and len(self.keys) <= limit:
                return
            del self.keys[eldest]

    def drop(self, subject: int) -> None:
        """Forget one key."""
        with self.lock:
            self.keys.pop(subject, None)

    def clear(self) -> None:
        """Forget all keys."""
        with self.lock:
            self.keys.clear()


_cache = _KeyCache()
cached_key = _cache.get


def forget_keys() -> None:
    """Drop every unwrapped key of this process from memory."""
    _cache.clear()


# --- data keys ----------------------------------------------------------------------------------------------------
def data_keys(subjects: Iterable[int]) -> dict[int, DataKey]:
    """Return the live keys of ``subjects``; those with no key, a destroyed one or an unopenable one are absent.

    One query to the keystore for all that are not in memory, none if all are.
    """
    wanted = set(subjects)
    found = _cache.among(wanted)
    missing = wanted.difference(found)
    if missing:
        fresh = _unwrap_rows(stored_keys(missing))
        _cache.put(fresh)
        found.update(fresh)
    return found


def data_key(subject: int) -> DataKey:
    """Return one subject's key.

    Raises KeyDestroyed for a tombstone, KeyMissing where there is no key, DecryptionError for one that will not open.
    """
    key = cached_key(subject) or data_keys((subject,)).get(subject)
    if key is not None:
        return key
    if is_destroyed(subject):
        raise KeyDestroyed(f"the key of {subject} was destroyed")
    if MemberKey.objects.filter(subject=subject).exists():
        raise DecryptionError(f"the key of {subject} does not open")
    raise KeyMissing(f"{subject} has no key")


def refetch_data_key(subject: int) -> DataKey:
    """Return one subject's key as the keystore holds it now. Raises as ``data_key`` does.

    For an envelope of a generation unknown here: another process is re-encrypting.
    """
    _cache.drop(subject)
    return data_key(subject)


def create_data_key(subject: int) -> DataKey:
    """Give ``subject`` a data key, or return the one it has. Raises KeyDestroyed for a tombstone."""
    create_data_keys((subject,))
    return data_key(subject)


def create_data_keys(subjects: Iterable[int]) -> None:
    """Give every one of ``subjects`` a data key in few queries; those that have one keep it.

    Raises KeyDestroyed when one of them is a tombstone (the others then have no new key either).
    """
    wanted = sorted(set(subjects))
    with transaction.atomic(using=KEYSTORE):
        for start in range(0, len(wanted), BATCH_OF_NEW):
            _create_batch(wanted[start : start + BATCH_OF_NEW])


def destroy_data_key(subject: int) -> None:
    """Destroy every generation of a key and leave a tombstone with the time; again is harmless.

    This process forgets it at once, others within CACHE_SECONDS.
    """
    now = timezone.now()
    _overwrite_on_delete()
    with transaction.atomic(using=KEYSTORE):
        locked = list(MemberKey.objects.filter(subject=subject).select_for_update().order_by("generation"))
        if not locked:
            MemberKey.objects.create(subject=subject, ring_key=0, destroyed_at=now)
        MemberKey.objects.live().filter(subject=subject).update(wrapped=None, destroyed_at=now)
    _cache.drop(subject)
    empty_write_ahead_log(KEYSTORE)


def is_destroyed(subject: int) -> bool:
    """Say whether ``subject`` has a tombstone."""
    return MemberKey.objects.destroyed().filter(subject=subject).exists()


def next_generations(subjects: Iterable[int], *, unless_since: dt.datetime) -> int:
    """Give live subjects their next generation, unless the newest was made at ``unless_since`` or later.

    Returns how many are new. Locks the rows, so that a key being destroyed never gets a successor.
    """
    with transaction.atomic(using=KEYSTORE):
        locked = MemberKey.objects.filter(subject__in=subjects).select_for_update().order_by("subject", "generation")
        newest = {row.subject: row for row in locked}
        due = [row for row in newest.values() if row.destroyed_at is None and row.created_at < unless_since]
        MemberKey.objects.bulk_create([_new_row(ring(), row.subject, row.generation + 1) for row in due])
    for row in due:
        _cache.drop(row.subject)
    return len(due)


def _create_batch(subjects: list[int]) -> None:
    known = stored_keys(subjects)
    for subject, _, _, wrapped in known:
        if wrapped is None:
            raise KeyDestroyed(f"the key of {subject} was destroyed")
    absent = set(subjects).difference(row[0] for row in known)
    if not absent:
        return
    keys = ring()
    # Two processes may create the same key at the same moment; the first one wins and both use it.
    store_first_keys(keys.active, {subject: _new_secret(keys, subject, 1) for subject in sorted(absent)})


def _new_row(keys: KeyRing, subject: int, generation: int) -> MemberKey:
    wrapped = _new_secret(keys, subject, generation)
    return MemberKey(subject=subject, generation=generation, ring_key=keys.active, wrapped=wrapped)


def _new_secret(keys: KeyRing, subject: int, generation: int) -> bytes:
    """Return a new data key, wrapped. Raises ValueError for what could never be opened."""
    secret = secrets.token_bytes(KEY_BYTES)
    DataKey(secret, subject, generation)
    return keys.wrap(secret, subject, generation)


def _unwrap_rows(rows: Iterable[StoredKey]) -> dict[int, DataKey]:
    """Open keystore rows; the newest generation of each subject carries the older ones."""
    unwrap, newest = ring().unwrap, dict[int, DataKey]()
    for subject, generation, ring_key, wrapped in rows:
        if wrapped is None:
            continue
        try:
            key = DataKey(unwrap(wrapped, subject, generation, ring_key), subject, generation)
        except (DecryptionError, ValueError):
            # Without a traceback: the cause is dropped on purpose.
            logger.error("the data key of subject %s, generation %s does not open", subject, generation)  # noqa: TRY400
            continue
        newest[subject] = key if subject not in newest else _stack(key, newest[subject])
    return newest


def _stack(one: DataKey, other: DataKey) -> DataKey:
    old, new = sorted((one, other), key=lambda key: key.generation)
    new.older = {**new.older, **old.older, old.header: old}
    return new


def _overwrite_on_delete() -> None:
    """Have SQLite overwrite the bytes it frees; PostgreSQL does so at the next vacuum."""
    connection = connections[KEYSTORE]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
