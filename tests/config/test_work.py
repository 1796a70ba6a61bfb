"""The worker without a broker is a real process that does real work."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import celery
from tests.config.surroundings import ROOT, development

RING_SOON = """
import sys, pathlib
from config import celery
from celery.schedules import schedule
marker = pathlib.Path(sys.argv.pop())
@celery.app.task(name="tests.touch")
def touch():
    marker.touch()
celery.app.conf.beat_schedule = {"soon": {"task": "tests.touch", "schedule": schedule(0.5)}}
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "work"])
"""


def wait_for(path: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not path.exists():
        time.sleep(0.05)
    return path.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_does_what_the_clock_rings_for_and_ends_when_told(tmp_path: Path, number: signal.Signals) -> None:
    done = tmp_path / "done"
    worker = subprocess.Popen([sys.executable, "-c", RING_SOON, str(done)], cwd=ROOT, env=development(tmp_path))
    try:
        assert wait_for(done, 30)
        worker.send_signal(number)
        assert worker.wait(10) == 0
    finally:
        worker.kill()


def test_with_redis_it_says_what_to_run_instead(tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "manage.py", "work"],
        cwd=ROOT,
        env=development(tmp_path, REDIS_URL="redis://127.0.0.1:1/0"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "celery" in refused.stderr


def test_a_ring_that_nobody_can_hear_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a broker the web process would fill its own memory with them."""
    celery.app.loader.import_default_modules()
    sent: list[object] = []
    monkeypatch.setattr(celery.app, "send_task", lambda *args, **options: sent.append(args))
    monkeypatch.setattr(celery.app.amqp, "send_task_message", lambda *args, **options: sent.append(args))
    monkeypatch.setitem(celery.app.conf, "broker_url", celery.IN_MEMORY)
    celery.app.tasks[celery.SCHEDULE["purge expired"]["task"]].delay()
    assert sent == []


def test_everything_on_the_clock_is_a_task_that_exists() -> None:
    celery.app.loader.import_default_modules()
    missing = [entry["task"] for entry in celery.SCHEDULE.values() if entry["task"] not in celery.app.tasks]
    assert missing == []


def test_a_message_lands_in_one_queue() -> None:
    """Queues that share exchange and key would each get a copy."""
    bindings = {(queue.exchange.name, queue.routing_key) for queue in celery.app.conf.task_queues}
    assert len(bindings) == len(celery.QUEUES)
