"""What lies outside the main database and has to go with a row of it: data keys, and the files of pictures.

A row says so in the transaction that deletes the rest. Going at once is the rule; whatever was interrupted, by a kill
between any two lines, is swept up later.
"""

import uuid
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from encryption.keys import destroy_data_key
from encryption.overwriting import empty_write_ahead_log

from .models import Leftover, Picture
from .picture_files import erase_files

# A picture that is being uploaded right now has files and no row yet.
SWEPT_AFTER = timedelta(hours=1)


def forget_key(member_id: int) -> None:
    """Destroy the data key of a member once the deletion of their rows is certain."""
    transaction.on_commit(partial(clear, Leftover.objects.create(subject=member_id)))
    # What was open in the rows must not lie on in SQLite's log.
    transaction.on_commit(partial(empty_write_ahead_log, "default"))


def forget_files(picture_id: uuid.UUID) -> None:
    """Delete the files of a picture once the deletion of its row is certain."""
    transaction.on_commit(partial(clear, expect_files(picture_id)))


@transaction.atomic
def forget_pictures(member_id: int) -> None:
    """Delete all pictures of a member, and their files once that is certain."""
    for picture_id in list(Picture.objects.filter(member=member_id).values_list("pk", flat=True)):
        forget_files(picture_id)
    Picture.objects.filter(member=member_id).delete()


def expect_files(picture_id: uuid.UUID) -> Leftover:
    """Write down that files of a picture may come to lie around without it."""
    return Leftover.objects.create(picture=picture_id)


def sweep() -> int:
    """Finish what was interrupted; return how much that was. Twice does no harm."""
    rows = list(Leftover.objects.filter(since__lte=timezone.now() - SWEPT_AFTER))
    for row in rows:
        clear(row)
    return len(rows)


def clear(row: Leftover) -> None:
    """Let go of what a row names, then of the row."""
    if row.subject is not None:
        destroy_data_key(row.subject)
    if row.picture is not None:
        erase_files(row.picture)
    Leftover.objects.filter(pk=row.pk).delete()
