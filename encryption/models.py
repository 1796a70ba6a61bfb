"""Wrapped data keys and tombstones, in the keystore only."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import connections, models
from django.db.models import Q
from django.utils import timezone

from .routers import KEYSTORE

StoredKey = tuple[int, int, int, bytes | None]


class MemberKeyQuerySet(models.QuerySet["MemberKey"]):
    """Questions about many keys at once."""

    def live(self) -> "MemberKeyQuerySet":
        """Keys that still open something."""
        return self.filter(destroyed_at=None)

    def destroyed(self) -> "MemberKeyQuerySet":
        """Tombstones."""
        return self.exclude(destroyed_at=None)


class MemberKey(models.Model):
    """One generation of one member's data key, wrapped by a key of the ring; or the tombstone of it.

    Older generations stay readable while values are re-encrypted, hence a row each. ``subject`` is the member's id
    in the main database; there is deliberately no foreign key across the two.
    """

    subject = models.BigIntegerField()
    generation = models.PositiveIntegerField(default=1)
    ring_key = models.PositiveIntegerField()
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[MemberKeyQuerySet] = MemberKeyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "generation"], name="one_key_per_member_and_generation"),
            models.CheckConstraint(
                condition=Q(wrapped=None, destroyed_at__isnull=False) | Q(wrapped__isnull=False, destroyed_at=None),
                name="a_destroyed_key_holds_no_bytes",
            ),
        ]

    def __str__(self) -> str:
        """Name the key by ids only."""
        return f"key {self.generation} of member {self.subject}"


class ReEncryption(models.Model):
    """One run that gives every member a new data key; unfinished while ``finished_at`` is empty.

    The row is what makes the run resumable: keys created after ``started_at`` already belong to it.
    """

    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        """Name the run by its start."""
        return f"re-encryption of {self.started_at:%Y-%m-%d %H:%M}"


def stored_keys(subjects: Iterable[int]) -> list[StoredKey]:
    """Return (subject, generation, ring key, wrapped) of every row of ``subjects``, in one query whatever their number.

    An ``IN`` list would hit SQLite's limit on parameters and cost PostgreSQL a parse of every number.
    """
    connection = connections[KEYSTORE]
    table = connection.ops.quote_name(MemberKey._meta.db_table)
    wanted: Any = list(subjects)
    clause = "= ANY(%s)"
    if connection.vendor == "sqlite":
        wanted, clause = str(wanted), "IN (SELECT value FROM json_each(%s))"
    # Only the quoted table name and one of two constants are put into the text.
    query = f"SELECT subject, generation, ring_key, wrapped FROM {table} WHERE subject {clause}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, [wanted])
        rows: list[StoredKey] = cursor.fetchall()
    return rows


def store_first_keys(ring_key: int, wrapped: dict[int, bytes]) -> None:
    """Store the first generation of many subjects, given subject → wrapped key; whoever has one keeps it."""
    connection = connections[KEYSTORE]
    insert = (
        f"INSERT INTO {connection.ops.quote_name(MemberKey._meta.db_table)}"
        " (subject, generation, ring_key, wrapped, created_at)"
    )
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Two literals of arrays instead of a parameter for each key, which take longer than all the rest.
            cursor.execute(
                f"{insert} SELECT subject, 1, %s, decode(key, 'hex'), %s"  # noqa: S608  # the quoted table name only
                " FROM unnest(%s::bigint[], %s::text[]) AS fresh (subject, key) ON CONFLICT DO NOTHING",
                [ring_key, now, _array(map(str, wrapped)), _array(key.hex() for key in wrapped.values())],
            )
        else:
            rows = [(subject, ring_key, key, now) for subject, key in wrapped.items()]
            cursor.executemany(f"{insert} VALUES (%s, 1, %s, %s, %s) ON CONFLICT DO NOTHING", rows)


def _array(plain: Iterable[str]) -> str:
    """Return a literal of an array. For numbers and hexadecimal only: nothing is escaped."""
    return f"{{{','.join(plain)}}}"
