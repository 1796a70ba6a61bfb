"""What the worker does for privacy, by the clock."""

from celery import shared_task
from django.utils import timezone

from . import yearly
from .reminding import remind_of_check_up
from .retention import runs


@shared_task
def remind() -> None:
    """Remind who has not looked over their settings."""
    remind_of_check_up(timezone.now())


@shared_task
def invite() -> None:
    """Invite who is due to look over who sees what, and who has come of age."""
    yearly.invite(timezone.localdate())


@shared_task
def purge() -> None:
    """Take what has reached the end of its term."""
    runs.run(timezone.now())
