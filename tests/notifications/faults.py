"""Nothing is lost: workers are killed with ``kill -9`` at random moments while they send (``make faults``).

On PostgreSQL and Redis, Redis is emptied once, and PostgreSQL is restarted once by ``--restart COMMAND``, or else all
its connections are ended. On SQLite (``--server ""``) there is neither. What a mail server got is compared with the
rows: each Message-ID is there, none is there that is of no row, and no more came twice than was on its way at a kill.
"""

import argparse
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SENDERS = 2  # of each worker
WORKERS = 2
RESTING = 0.2
LONGEST = 3600
SILENT: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
DATABASE = "hedgerow_faults"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, default=20_000)
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--lease", type=float, default=60, help="seconds that a claimed row is held (60)")
    parser.add_argument("--server", default="postgres://postgres@127.0.0.1:5432")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/11")
    parser.add_argument("--restart", default="", help="a command that restarts PostgreSQL")
    parser.add_argument("--work", action="store_true", help="be a worker")
    return parser.parse_args()


# --- the stage ----------------------------------------------------------------------------------------------------
def set_up(options: argparse.Namespace) -> None:
    """Make databases of our own, and have this process and its workers use them."""
    os.environ |= {"HEDGEROW_ENV": "development", "DJANGO_SETTINGS_MODULE": "config.settings"}
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="hedgerow-faults-")
    if options.server:
        make_databases(options.server)
        os.environ["DATABASE_URL"] = f"{options.server}/{DATABASE}"
        os.environ["KEYSTORE_URL"] = f"{options.server}/{DATABASE}_keystore"
        os.environ["REDIS_URL"] = options.redis
    begin_django()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("migrate", database="keystore", verbosity=0)


def make_databases(server: str) -> None:
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for name in (DATABASE, f"{DATABASE}_keystore"):
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")


def begin_django() -> None:
    import django
    from django.conf import settings

    if port := os.environ.get("FAULTS_PORT"):
        settings.EMAIL_BACKEND = "notifications.channels.smtp.SmtpBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(port)
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django.setup()


def work(lease: float) -> None:
    """Be one of the workers."""
    from datetime import timedelta

    begin_django()
    from notifications import backoff, delivery

    delivery.LEASE = timedelta(seconds=lease)
    backoff.FIRST = min(backoff.FIRST, delivery.LEASE)
    if os.environ.get("REDIS_URL"):
        from config.celery import app

        app.worker_main(["worker", "--loglevel", "ERROR", "--concurrency", str(SENDERS), "--queues", "default,slow"])
    else:
        from django.core.management import call_command

        call_command("run_outbox")


# --- what happens on it -------------------------------------------------------------------------------------------
class Crew:
    """The workers, each in a process group of its own, of which a random one is killed now and then."""

    def __init__(self, lease: float) -> None:
        self.command = [sys.executable, "-m", "tests.notifications.faults", "--work", "--lease", str(lease)]
        self.workers = [self.begin() for _number in range(WORKERS)]

    def begin(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self.command, start_new_session=True, **SILENT)

    def kill_one(self) -> None:
        number = random.randrange(WORKERS)  # no secret
        self.kill(self.workers[number])
        self.workers[number] = self.begin()

    def kill(self, worker: "subprocess.Popen[bytes]") -> None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@contextmanager
def crew(lease: float) -> Iterator[Crew]:
    hired = Crew(lease)
    beat = [sys.executable, "-m", "celery", "-A", "config.celery", "beat", "-l", "ERROR"]
    beat += ["--schedule", str(Path(os.environ["VAR_DIR"]) / "beat")]
    clock = subprocess.Popen(beat, **SILENT) if os.environ.get("REDIS_URL") else None
    try:
        yield hired
    finally:
        for worker in hired.workers:
            hired.kill(worker)
        if clock:
            clock.kill()
            clock.wait()


def faults(options: argparse.Namespace, hired: Crew) -> list[Any]:
    """Return what is to go wrong, in the order in which it does."""
    acts: list[Any] = [hired.kill_one] * options.kills
    if options.server:
        acts.insert(len(acts) // 3, lambda: empty_redis(options.redis))
        acts.insert(2 * len(acts) // 3, lambda: restart(options))
    return acts


def empty_redis(address: str) -> None:
    import redis

    redis.Redis.from_url(address).flushdb()


def restart(options: argparse.Namespace) -> None:
    import psycopg
    from django.db import connections

    connections.close_all()
    if options.restart:
        subprocess.run(shlex.split(options.restart), check=True)
        time.sleep(2)
        return
    with psycopg.connect(f"{options.server}/postgres", autocommit=True) as connection:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        connection.execute(ended, [DATABASE])


def write_all(options: argparse.Namespace) -> Iterator[int]:
    """Write the rows, a few for each member at a time, as a site does that goes on while workers die."""
    from notifications.notices import Category
    from notifications.sending import notify_many
    from notifications.written import WORDS
    from tests.factories import make_member

    ids = [make_member(f"member{number}").pk for number in range(options.members)]
    for number in range(options.notices // options.members):
        notify_many(WORDS[Category.LEGAL], ids, occasion=str(number), heading="Hello", text=str(number), page="")
        yield number


def play(options: argparse.Namespace, hired: Crew) -> None:
    """Let things go wrong while rows are written and sent, and wait until nothing is left to be sent."""
    acts, rows = faults(options, hired), write_all(options)
    until, every = time.monotonic() + LONGEST, max(1, options.notices // options.members // 10)
    for number in rows:
        if acts and number % every == 0:
            time.sleep(random.random())
            acts.pop(0)()
    while time.monotonic() < until and (acts or is_left()):
        time.sleep(RESTING + 2 * random.random() * bool(acts))
        if acts:
            acts.pop(0)()


def is_left() -> bool:
    """Say whether anything is left to be sent; a database that has just been restarted does not say."""
    from django.db import OperationalError, connections

    from notifications.models import OPEN, Notification

    try:
        return Notification.objects.filter(state__in=OPEN).exists()
    except OperationalError:
        connections.close_all()
        return True


def judge(options: argparse.Namespace, ids: list[str], seconds: float) -> dict[str, Any]:
    """Return what was lost, what came twice, and how much of that may be."""
    from notifications.letters import message_id
    from notifications.models import Notification

    rows = Notification.objects.only("pk", "member").prefetch_related("member")
    expected = {message_id(row, row.member.email) for row in rows}
    got = Counter(ids)
    in_flight = WORKERS * SENDERS
    return {
        "notices": len(expected),
        "lost": len(expected - got.keys()),
        "strange": len(got.keys() - expected),
        "duplicates": sum(got.values()) - len(got),
        "duplicates at most": options.kills * SENDERS + (in_flight if options.server else 0),
        "states": dict(Counter(Notification.objects.values_list("state", flat=True))),
        "seconds": round(seconds, 1),
    }


def main() -> None:
    """Print what came of it as JSON; the exit status tells whether everything is as it should be."""
    options = arguments()
    if options.work:
        work(options.lease)
        return
    from .sink import Sink, serve

    sink = Sink()
    controller = serve(sink)
    os.environ["FAULTS_PORT"] = str(controller.port)
    set_up(options)
    began = time.monotonic()
    with crew(options.lease) as hired:
        play(options, hired)
    controller.stop()
    found = judge(options, [str(mail["Message-ID"]).strip() for mail in sink.taken], time.monotonic() - began)
    sys.stdout.write(json.dumps(found) + "\n")
    is_good = not found["lost"] and not found["strange"] and found["duplicates"] <= found["duplicates at most"]
    sys.exit(0 if is_good and found["states"] == {"sent": found["notices"]} else 1)


if __name__ == "__main__":
    main()
