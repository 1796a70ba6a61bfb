"""What the worker does for accounts, by the clock."""

from celery import shared_task
from django.utils import timezone

from privacy.erasure.replaying import is_clean, replay

from . import erasing, housekeeping, reviewing


@shared_task
def purge_expired() -> None:
    """Delete what has expired."""
    housekeeping.purge_expired()


@shared_task
def start_due_erasures() -> None:
    """Erase who left and whose grace is over; before that, whoever a restored backup has brought back."""
    if not is_clean():
        replay()
    erasing.erase_due(timezone.now())


@shared_task
def remind() -> None:
    """Ask who has not looked over their information for a year."""
    reviewing.remind(timezone.now())
