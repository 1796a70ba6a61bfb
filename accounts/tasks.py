"""What the worker does for accounts, by the clock."""

from celery import shared_task

from . import housekeeping


@shared_task
def purge_expired() -> None:
    """Delete what has expired."""
    housekeeping.purge_expired()
