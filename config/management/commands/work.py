"""The worker without a broker: Celery's worker and beat in one process."""

import signal
import sys
import threading
from types import FrameType
from typing import Any

from celery.beat import Scheduler, Service
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.celery import QUEUES, app
from config.environment import keep_to_ourselves

LONGEST_NAP = 1


class Command(BaseCommand):
    """Runs tasks in threads and rings for them by the clock, until SIGTERM or Ctrl-C."""

    help = "Runs the worker for an installation without Redis: beat and tasks in one process."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="tasks at the same time (2)")

    def handle(self, *args: Any, concurrency: int, **options: Any) -> None:
        if settings.REDIS_URL:
            raise CommandError("With REDIS_URL set, run: celery --app config.celery worker, and … beat")
        if not settings.PRODUCTION:
            keep_to_ourselves()
        app.conf.hedgerow_working = True
        # Worker and beat must share a process: nobody else hears what is rung in memory.
        beat = Service(app, max_interval=LONGEST_NAP, scheduler_cls=Scheduler)
        worker = app.WorkController(
            pool="threads",
            concurrency=concurrency,
            queues=QUEUES,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )

        def stop(number: int, frame: FrameType | None) -> None:
            beat.stop(wait=False)
            # stop() waits for running tasks, so it must not hold up the thread that takes the signal.
            threading.Thread(target=worker.stop, kwargs={"exitcode": 0}).start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        threading.Thread(target=beat.start, daemon=True).start()
        worker.start()
        sys.exit(worker.exitcode or 0)
