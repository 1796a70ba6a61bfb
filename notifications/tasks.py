"""What the worker does for notices: when the bell rings, and by the clock in case it did not."""

from celery import shared_task

from . import delivery


@shared_task
def deliver() -> None:
    """Send what is due."""
    delivery.deliver()
