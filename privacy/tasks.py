"""What the worker does for privacy, by the clock."""

from celery import shared_task
from django.utils import timezone

from . import yearly
from .download import asking, preparing
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


@shared_task
def prepare_downloads() -> None:
    """Prepare what was asked for, and delete what has expired."""
    preparing.prepare_due(timezone.now())
    asking.let_expired_go(timezone.now())
