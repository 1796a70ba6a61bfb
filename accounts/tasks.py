"""What the worker does for accounts, by the clock."""

from celery import shared_task
from django.utils import timezone

from . import housekeeping, reviewing


@shared_task
def purge_expired() -> None:
    """Delete what has expired."""
    housekeeping.purge_expired()


@shared_task
def remind() -> None:
    """Ask who has not looked over their information for a year."""
    reviewing.remind(timezone.now())
