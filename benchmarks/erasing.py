"""Erasing a member with a hundred thousand rows: unreadable at once, gone soon after, beside Django and plain SQL.

    python -m benchmarks.erasing --server postgres://postgres@127.0.0.1:5432 [--rows 100000] [--runs 3]

*Unreadable*: the data key is destroyed, which is what makes every copy of every value worthless. *Ours*: the machine
of steps from beginning to end, with its leases, its counts and a certificate. *Collector*: ``Member.delete()`` with a
receiver of ``post_delete``, as a search index would have one. *Plain SQL*: one DELETE for each table, in one
transaction. Every run is a process of its own with a member of its own; the rows are events, notices and people in
circles, in tables that hold those of all members.
"""

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import psycopg

DATABASE = "hedgerow_erasing"
SHARES = {"events": 0.5, "notices": 0.4, "in circles": 0.1}
Contender = Callable[[int], None]


def prepare(server: str) -> None:
    """Make an empty database and configure the project for it."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for name in (DATABASE, f"{DATABASE}_keys"):
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
    os.environ |= {"DATABASE_URL": f"{server}/{DATABASE}", "KEYSTORE_URL": f"{server}/{DATABASE}_keys"}
    os.environ |= {"HEDGEROW_ENV": "development", "DJANGO_SETTINGS_MODULE": "config.settings"}
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="hedgerow-erasing-")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("migrate", database="keystore", verbosity=0)


def furnish(number: int, rows: int) -> int:
    """Make a member with so many rows; return their number."""
    from django.utils import timezone

    from accounts.models import Member
    from notifications.models import Notification, State
    from privacy.models import Circle, CircleMember
    from security.models import Event, Kind

    member = Member.objects.create_user(
        f"member{number}", f"member{number}@example.org", None, email_verified_at=timezone.now()
    )
    others = list(Member.objects.exclude(pk=member.pk).values_list("pk", flat=True)[:100])
    wanted = {name: int(rows * share) for name, share in SHARES.items()}
    Event.objects.bulk_create(
        (Event(member=member, kind=Kind.NEW_BROWSER, device="Firefox on Linux") for _ in range(wanted["events"])),
        batch_size=5_000,
    )
    settled = {"state": State.SENT, "settled_at": timezone.now()}
    Notification.objects.bulk_create(
        (
            Notification(member=member, notice="check-up", occasion=str(turn), **settled)
            for turn in range(wanted["notices"])
        ),
        batch_size=5_000,
    )
    circles = [Circle.objects.create(owner=member, name=f"Circle {turn}") for turn in range(100)]
    CircleMember.objects.bulk_create(
        (CircleMember(circle=circle, person_id=person) for circle in circles for person in others), batch_size=5_000
    )
    return int(member.pk)


# --- contenders ---------------------------------------------------------------------------------------------------
def unreadable(member: int) -> None:
    from encryption.keys import destroy_data_key

    destroy_data_key(member)


def ours(member: int) -> None:
    from django.utils import timezone

    from accounts.erasing import erase
    from accounts.models import Member
    from privacy.models import ErasureRequest

    now = timezone.now()
    Member.objects.filter(pk=member).update(cancelled_at=now)
    request = ErasureRequest.objects.create(member_id=member, asked_at=now, due_at=now)
    erase(request.pk)


def collector(member: int) -> None:
    from django.db.models.signals import post_delete

    from accounts.models import Member

    gone: list[Any] = []
    post_delete.connect(lambda sender, instance, **_rest: gone.append(instance.pk), weak=False)
    Member.objects.get(pk=member).delete()


def plain_sql(member: int) -> None:
    from django.db import connection, transaction

    own = "(SELECT id FROM privacy_circle WHERE owner_id = %s)"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM security_event WHERE member_id = %s", [member])
        cursor.execute("DELETE FROM notifications_notification WHERE member_id = %s", [member])
        cursor.execute(f"DELETE FROM privacy_circlemember WHERE circle_id IN {own} OR person_id = %s", [member] * 2)
        cursor.execute("DELETE FROM privacy_circle WHERE owner_id = %s", [member])


CONTENDERS: dict[str, Contender] = {
    "unreadable": unreadable,
    "ours": ours,
    "collector": collector,
    "plain SQL": plain_sql,
}


# --- measuring ----------------------------------------------------------------------------------------------------
def measure(name: str, member: int, answers: Any) -> None:
    """Run one contender; put seconds and the growth of the peak of memory (MB) into ``answers``."""
    from django.db import connections

    connections.close_all()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    CONTENDERS[name](member)
    seconds = time.perf_counter() - begun
    answers.put((seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def measured(name: str, member: int) -> tuple[float, float]:
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    process = context.Process(target=measure, args=(name, member, answers))
    process.start()
    found: tuple[float, float] = answers.get(timeout=900)
    process.join()
    return found


def main() -> None:
    """Measure each contender several times, in turn, and print medians and ratios."""
    parser = argparse.ArgumentParser(description="erasing a member with many rows")
    parser.add_argument("--server", default="postgres://postgres@127.0.0.1:5432")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    prepare(options.server)
    from django.db import connection, connections

    members = {name: [furnish(len(CONTENDERS) * turn + place, options.rows) for turn in range(options.runs)]
               for place, name in enumerate(CONTENDERS)}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connections.close_all()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in CONTENDERS}
    for turn in range(options.runs):
        for name in CONTENDERS:
            found[name].append(measured(name, members[name][turn]))
    medians = {name: statistics.median(seconds for seconds, _peak in runs) for name, runs in found.items()}
    peaks = {name: statistics.median(peak for _seconds, peak in runs) for name, runs in found.items()}
    print(
        json.dumps(
            {
                "rows": options.rows,
                "seconds": {name: round(value, 4) for name, value in medians.items()},
                "peak_mb": {name: round(value, 1) for name, value in peaks.items()},
                "collector over unreadable": round(medians["collector"] / medians["unreadable"]),
                "collector over ours": round(medians["collector"] / medians["ours"], 2),
                "ours over plain SQL": round(medians["ours"] / medians["plain SQL"], 2),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
