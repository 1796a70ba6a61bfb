"""Background work: the Celery app, its queues, and everything that happens by the clock.

Rows in the database are the truth of what is to be done; the broker only rings. With ``REDIS_URL`` Celery workers and
beat run as usual. Without it ``manage.py work`` holds worker and beat in one process, and rings of other processes are
dropped: the sweepers of the schedule find the rows anyway.
"""

import os
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.result import AsyncResult
from celery.schedules import crontab
from django.conf import settings
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

IN_MEMORY = "memory://localhost/"
QUEUES = ("default", "slow")
# Where no bell is heard, the outbox is looked at by the clock alone.
LOOKS_EVERY = 20.0 if settings.REDIS_URL else 1.0
SCHEDULE: dict[str, dict[str, Any]] = {
    "deliver notices": {
        "task": "notifications.tasks.deliver",
        "schedule": LOOKS_EVERY,
        "options": {"expires": LOOKS_EVERY},
    },
    "remind of the check-up": {"task": "privacy.tasks.remind", "schedule": crontab(hour=9, minute=40)},
    "remind of the yearly look": {"task": "accounts.tasks.remind", "schedule": crontab(hour=10, minute=10)},
    "invite to look over who sees what": {"task": "privacy.tasks.invite", "schedule": crontab(hour=8, minute=50)},
    "prepare downloads": {
        "task": "privacy.tasks.prepare_downloads",
        "schedule": 20.0,
        "options": {"queue": "slow", "expires": 20.0},
    },
    "start due erasures": {"task": "accounts.tasks.start_due_erasures", "schedule": crontab()},
    # what has reached the end of its retention
    "purge expired": {"task": "accounts.tasks.purge_expired", "schedule": crontab(minute=17)},
}
# A task that runs longer than this is handed out again, so it must exceed the longest.
VISIBILITY_TIMEOUT = 15 * 60


if TYPE_CHECKING:
    AnyTask = DjangoTask[Any, Any]
else:
    AnyTask = DjangoTask


class Bell(AnyTask):
    """A task that rings only where somebody can hear it."""

    abstract = True

    def apply_async(self, *args: Any, **kwargs: Any) -> AsyncResult[Any]:
        if self.app.conf.broker_url == IN_MEMORY and not self.app.conf.hedgerow_working:
            return AsyncResult("", app=self.app)
        ringing: AsyncResult[Any] = super().apply_async(*args, **kwargs)
        return ringing


app: "Celery[Any]" = Celery("hedgerow", task_cls=Bell)
app.conf.update(
    broker_url=settings.REDIS_URL or IN_MEMORY,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        # With kombu's own values a killed worker's tasks stay lost for minutes.
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
    }
    if settings.REDIS_URL
    else {"polling_interval": 0.2},
    beat_schedule=SCHEDULE,
    beat_schedule_filename=str(settings.VAR_DIR / "beat"),
    hedgerow_working=False,
    task_acks_late=True,
    task_default_queue=QUEUES[0],
    task_ignore_result=True,
    # Each queue has an exchange of its own: with one for all, every message would land in every queue.
    task_queues=[Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
    task_reject_on_worker_lost=True,
    timezone="UTC",
    worker_hijack_root_logger=False,
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
)
app.autodiscover_tasks()
