"""What SQLite keeps of overwritten values: its write-ahead log, which a checkpoint empties."""

import contextlib

from django.db import OperationalError, connections


def empty_write_ahead_log(alias: str) -> None:
    """Move overwritten pages out of SQLite's log, as far as readers allow; the next checkpoint does the rest.

    Other databases, and SQLite within a transaction, are left alone.
    """
    connection = connections[alias]
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with contextlib.suppress(OperationalError), connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
