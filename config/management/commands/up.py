"""Everything that ``make run`` starts: data, keys, the demo world, web and worker."""

import os
import signal
import socket
import sys
import time
from io import StringIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.columns import in_columns
from config.environment import keep_to_ourselves
from config.processes import LOOK_EVERY, Child, Household
from world import demo

HOST = "127.0.0.1"
ANSWERS_WITHIN = 60.0


class Command(BaseCommand):
    """Prepares what is missing, starts web and worker, and stays until told to end."""

    help = "Starts the whole site for development: migrates, makes keys and a demo world on the first run, then serves."
    # migrate runs them.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=int(os.environ.get("PORT", "8000")), help="where to serve (8000)"
        )
        parser.add_argument("--no-demo", action="store_true", help="load no demo world into an empty database")

    def handle(self, *args: Any, port: int, no_demo: bool, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("up is for development. In production the processes of the Procfile run by themselves.")
        refuse_taken(port)
        keep_to_ourselves()
        os.environ["PORT"] = str(port)  # the links in mails begin with it
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            prepare(with_demo=not no_demo)
        except KeyboardInterrupt:
            self.stdout.write("Ended before anything was served.")
            return
        household = Household(children(port))
        household.end_on_signals()
        try:
            self.keep_running(household, port)
        finally:
            household.stop()
        self.stdout.write("Ended. The data stay where they are.")

    def keep_running(self, household: Household, port: int) -> None:
        """Start everything, say where it is, and restart what dies until told to end."""
        household.start()
        welcome_at = time.monotonic() + ANSWERS_WITHIN
        welcomed = False
        while not household.ending.wait(LOOK_EVERY):
            for child in household.look_after():
                self.stderr.write(f"{child.name} ended; starting it again in {child.wait:.0f} s")
            if not welcomed and (is_taken(port) or time.monotonic() > welcome_at):
                welcomed = True
                welcome(port)


def children(port: int) -> list[Child]:
    """Return the processes of a site without Redis, or with it."""
    python = sys.executable
    web = [python, "-m", "gunicorn", "config.wsgi", "--config", "config/gunicorn.py", "--workers", "1"]
    web += ["--bind", f"{HOST}:{port}", "--chdir", str(settings.BASE_DIR)]
    if not settings.REDIS_URL:
        return [Child("web", web), Child("worker", [python, str(settings.BASE_DIR / "manage.py"), "work"])]
    celery = [python, "-m", "celery", "--app", "config.celery", "--workdir", str(settings.BASE_DIR), "--quiet"]
    worker = [*celery, "worker", "--loglevel", "WARNING", "--concurrency", "2", "--queues", "default,slow"]
    beat = [*celery, "beat", "--loglevel", "WARNING", "--pidfile", ""]
    return [Child("web", web), Child("worker", worker), Child("beat", beat)]


def prepare(*, with_demo: bool) -> None:
    """Make what a first run lacks: tables and a demo world (keys were made on the way here). What is there stays."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("replay_erasures", verbosity=0, stdout=StringIO())
    if with_demo and not get_user_model().objects.exists():
        print("First run: loading the demo world …", flush=True)
        call_command("seed", verbosity=0, stdout=StringIO())


def refuse_taken(port: int) -> None:
    """Raise CommandError if somebody else listens on ``port`` or it may not be used."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise CommandError(f"Port {port} cannot be used ({error}). Take another: make run PORT=8001") from error


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def welcome(port: int) -> None:
    """Print where the site is and who can sign in."""
    lines = [
        *in_columns([("who", "e-mail", "password", "good for"), *demo.accounts()]),
        "",
        "Six digits for somebody of staff: .venv/bin/python manage.py demo_code HANDLE",
        f"Hedgerow is at http://{HOST}:{port}/",
        *([f"Its mails are at http://{HOST}:{port}/dev/mail/"] if settings.MAIL_PAGE else []),
        "Ctrl-C ends it.",
    ]
    print("\n".join(lines), flush=True)
