"""Changing keys while people read and write.

Rewrapping moves the members' data keys to the active key of the ring: no value is touched. Re-encryption gives every
member a new data key and seals every value and file anew. Both do their work in small steps that are complete in
themselves, so that a process killed anywhere leaves nothing unreadable and the next run goes on from there.

A value is replaced only if it still is what was read (compare and swap): whoever writes meanwhile wins.
"""

import fcntl
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models, router, transaction
from django.utils import timezone

from .bulk import sealed_fields
from .envelope import DataKey, DecryptionError, generation_of
from .keys import BATCH, KeyMissing, data_keys, forget_keys, next_generations
from .models import MemberKey, ReEncryption
from .ring import KeyRing, ring
from .sealed import Sealed
from .storage import EncryptedStorage

PASSES = 10

SealedFile = tuple[EncryptedStorage, str, int]
FileSource = Callable[[], Iterable[SealedFile]]
Advance = Callable[[str, int], None]
KeptApart = Callable[[], Iterable[int]]

_file_sources: list[FileSource] = []
_kept_apart: list[KeptApart] = []


class RotationBusy(Exception):
    """Another rotation is under way on this machine."""


def register_files(source: FileSource) -> FileSource:
    """Have an app's files sealed anew as well: ``source`` yields (storage, name, subject) of every one of them."""
    if source not in _file_sources:
        _file_sources.append(source)
    return source


def quiet(what: str, steps: int) -> None:
    """Report progress to nobody."""


def register_kept_apart(subjects: KeptApart) -> KeptApart:
    """Leave the keys of ``subjects()`` out of re-encryption: they are no member's, and what they seal is not found by
    whose it is. They live for months at most, and are rewrapped as all others are."""
    if subjects not in _kept_apart:
        _kept_apart.append(subjects)
    return subjects


@contextmanager
def only_rotation() -> Iterator[None]:
    """Hold the machine's rotation lock, which the kernel frees however the process ends. Raises RotationBusy."""
    path = Path(settings.KEY_FILE)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RotationBusy("another rotation is under way") from None
        yield


# --- the ring -----------------------------------------------------------------------------------------------------
def add_ring_key() -> int:
    """Add a random key to the key file and make it the active one; return its id."""
    larger = ring().add_key()
    larger.write(settings.KEY_FILE)
    return larger.active


def rewrap(advance: Advance = quiet, *, knowing: KeyRing | None = None) -> Counter[str]:
    """Wrap every data key with the active ring key; count what was ``rewrapped`` and what was ``unreadable``.

    ``knowing`` may be an older ring that still holds keys which have left the file.
    """
    done: Counter[str] = Counter()
    last = 0
    while batch := list(_wrapped_otherwise(last)):
        last = batch[-1].pk
        with transaction.atomic(using="keystore"):
            done.update(_rewrap(row, knowing or ring()) for row in batch)
        advance("rewrap", len(batch))
    return done


def _wrapped_otherwise(after: int) -> models.QuerySet[MemberKey]:
    rows = MemberKey.objects.live().exclude(ring_key=ring().active)
    return rows.filter(pk__gt=after).order_by("pk")[:BATCH]


def _rewrap(row: MemberKey, known: KeyRing) -> str:
    wrapped = bytes(row.wrapped or b"")
    try:
        secret = known.unwrap(wrapped, row.subject, row.generation, row.ring_key)
    except DecryptionError:
        return "unreadable"
    current = ring()
    same = MemberKey.objects.filter(pk=row.pk, ring_key=row.ring_key, wrapped=wrapped)
    fresh = current.wrap(secret, row.subject, row.generation)
    return "rewrapped" if same.update(wrapped=fresh, ring_key=current.active) else "changed_meanwhile"


# --- values -------------------------------------------------------------------------------------------------------
def current_run() -> ReEncryption:
    """Return the re-encryption that was begun and not finished, or begin one."""
    return ReEncryption.objects.filter(finished_at=None).order_by("pk").first() or ReEncryption.objects.create()


def re_encrypt(run: ReEncryption, advance: Advance = quiet, *, settle: float = 0.0) -> Counter[str]:
    """Seal everything anew under a new generation of every member's key; count values and files.

    ``settle`` is how many seconds other processes may go on sealing with a key they have in memory: passes over the
    data are repeated until that time has gone by and a pass finds nothing left.
    """
    done = Counter(keys=renew_keys(run, advance))
    settled = time.monotonic() + settle
    for _ in range(PASSES):
        late = time.monotonic() >= settled
        found = _pass(advance)
        done.update(values=found["values"], files=found["files"])
        done |= Counter({name: found[name] for name in ("unreadable", "without_key")})
        if late and not found["values"] and not found["files"] and not found["changed_meanwhile"]:
            break
        time.sleep(max(0.0, settled - time.monotonic()))
    ReEncryption.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    return done


def renew_keys(run: ReEncryption, advance: Advance = quiet) -> int:
    """Give every live member a key made since the run began; return how many are new."""
    made, last = 0, -1
    apart = {subject for source in _kept_apart for subject in source()}
    while subjects := list(_live_subjects(last)):
        last = subjects[-1]
        made += next_generations(set(subjects) - apart, unless_since=run.started_at)
        advance("keys", len(subjects))
    return made


def _live_subjects(after: int) -> Iterable[int]:
    rows = MemberKey.objects.live().filter(subject__gt=after)
    return rows.order_by("subject").values_list("subject", flat=True).distinct()[:BATCH]


def _pass(advance: Advance) -> Counter[str]:
    forget_keys()
    found: Counter[str] = Counter()
    for model in sealed_models():
        for rows in batches(model):
            found.update(_reseal_rows(model, rows))
            advance(model._meta.label, len(rows))
    for file in sealed_files():
        found[_reseal_file(*file)] += 1
        advance("files", 1)
    return found


def sealed_models() -> list[type[models.Model]]:
    """Return every model that has sealed columns in a table of its own."""
    return [
        model for model in apps.get_models() if model._meta.managed and not model._meta.proxy and sealed_columns(model)
    ]


def sealed_columns(model: type[models.Model]) -> list[Any]:
    """Return the sealed columns of a model's own table."""
    # A column inherited by multi-table inheritance is handled with the parent's table.
    return [field for field in sealed_fields(model) if field in model._meta.local_concrete_fields]


def batches(model: type[models.Model]) -> Iterator[list[models.Model]]:
    """Yield all rows of a model, a batch at a time, in the order of their keys."""
    every = model._base_manager.using(router.db_for_write(model)).order_by("pk")
    rows = list(every[:BATCH])
    while rows:
        yield rows
        rows = list(every.filter(pk__gt=rows[-1].pk)[:BATCH])


def _reseal_rows(model: type[models.Model], rows: list[models.Model]) -> Counter[str]:
    columns = sealed_columns(model)
    subjects = {column.subject_on(row) for row in rows for column in columns}
    keys = data_keys(subjects - {None})  # a notice outlives its member, and is nobody's then
    found: Counter[str] = Counter()
    with transaction.atomic(using=router.db_for_write(model)):
        for row in rows:
            changes = list(_changes(row, columns, keys, found))
            if changes:
                found["values" if _swap(row, changes) else "changed_meanwhile"] += len(changes)
    return found


def _changes(
    row: models.Model, columns: list[Any], keys: dict[int, DataKey], found: Counter[str]
) -> Iterator[tuple[Any, Sealed, Sealed]]:
    for column in columns:
        old = row.__dict__[column.attname]
        if type(old) is not Sealed:
            continue
        key = keys.get(column.subject_on(row))
        if key is None:
            found["without_key"] += 1  # an erased member's, until the row is gone too
            continue
        try:
            fresh = _sealed_anew(old, key, column.binding)
        except DecryptionError:
            found["unreadable"] += 1
        else:
            if fresh is not None:
                yield column, old, fresh


def _sealed_anew(old: bytes, key: DataKey, binding: bytes) -> Sealed | None:
    if generation_of(old) >= key.generation:
        return None
    return Sealed(key.seal(key.open(old, binding), binding))


def _swap(row: models.Model, changes: list[tuple[Any, Sealed, Sealed]]) -> bool:
    """Replace sealed values of one row, all of them or, if one is not what was read, none."""
    meta = row._meta
    connection: Any = connections[router.db_for_write(type(row))]
    quote, binary = connection.ops.quote_name, connection.Database.Binary
    names = [quote(column.column) for column, _, _ in changes]
    new = ", ".join(f"{name} = %s" for name in names)
    old = " AND ".join(f"{name} = %s" for name in names)
    primary: Any = meta.pk
    # Only quoted names of tables and columns are put into the text.
    query = f"UPDATE {quote(meta.db_table)} SET {new} WHERE {quote(primary.column)} = %s AND {old}"  # noqa: S608
    params = [binary(fresh) for _, _, fresh in changes]
    params += [primary.get_db_prep_value(row.pk, connection), *(binary(before) for _, before, _ in changes)]
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return bool(cursor.rowcount)


def sealed_files() -> Iterator[SealedFile]:
    """Yield every file that the apps have registered."""
    for source in _file_sources:
        yield from source()


def _reseal_file(storage: EncryptedStorage, name: str, subject: int) -> str:
    try:
        return "files" if storage.reseal(name, subject) else "files_current"
    except FileNotFoundError:
        return "files_gone"
    except KeyMissing:
        return "without_key"
    except DecryptionError:
        return "unreadable"
