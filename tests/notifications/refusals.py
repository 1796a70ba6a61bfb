"""Nobody is sent news after they declined: 5,000 of 20,000 do, before and during sending (``make refusals``).

They decline by their page, by the page of the link in a mail, and by the press of a mail program (RFC 8058). When each
had the answer is compared with when the mail server got something for them.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .faults import SILENT, WORKERS, is_left, set_up, work

LONGEST = 3600


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=20_000)
    parser.add_argument("--refusals", type=int, default=5_000)
    parser.add_argument("--server", default="postgres://postgres@127.0.0.1:5432")
    parser.add_argument("--redis", default="", help="none: the workers look by themselves")
    parser.add_argument("--work", action="store_true", help="be a worker")
    return parser.parse_args()


def people(count: int) -> list[Any]:
    """Return members who want to hear the news."""
    from notifications.channels.kinds import EVERYWHERE
    from notifications.preferences import choose
    from notifications.topics import Topic
    from tests.factories import make_member

    everybody = [make_member(f"member{number}") for number in range(count)]
    for member in everybody:
        choose(member, {Topic.NEWS: EVERYWHERE})
    return everybody


# --- the ways to decline ------------------------------------------------------------------------------------------
def by_page(member: Any) -> Any:
    from django.test import Client

    from tests.factories import sign_in

    return sign_in(Client(), member).post("/settings/notices/", {"none": "1"})


def by_link(member: Any) -> Any:
    from django.test import Client

    client, where = Client(enforce_csrf_checks=True), address(member)
    client.get(where)
    return client.post(where, {"List-Unsubscribe": "One-Click"})


def by_header(member: Any) -> Any:
    from django.test import Client

    return Client().post(address(member), {"List-Unsubscribe": "One-Click"}, headers={"User-Agent": "a mail program"})


def address(member: Any) -> str:
    from notifications.topics import Topic
    from notifications.unsubscribing import token_for

    return f"/unsubscribe/{token_for(member.pk, Topic.NEWS)}/"


WAYS = (by_page, by_link, by_header)


def decline(members: list[Any]) -> Iterator[tuple[str, float]]:
    """Have each decline by one way after the other; yield their addresses, and when they had the answer."""
    for number, member in enumerate(members):
        answer = WAYS[number % len(WAYS)](member)
        if answer.status_code not in (200, 302):
            raise SystemExit(f"{WAYS[number % len(WAYS)].__name__} was answered {answer.status_code}")
        yield member.email, time.monotonic()


# --- the play -----------------------------------------------------------------------------------------------------
def play(options: argparse.Namespace) -> dict[str, float]:
    """Send the news while some decline; return when each of these had the answer."""
    from notifications.sending import notify_many
    from notifications.topics import Topic
    from notifications.written import NEWS

    everybody = people(options.members)
    ids = [member.pk for member in everybody]
    notify_many(NEWS[Topic.NEWS], ids, occasion="news", heading="Hello", text="News.", page="")
    every = options.members // options.refusals
    refusing = everybody[::-every][: options.refusals]  # those who are reached last first, so that it is a race
    early = len(refusing) // 3
    answered = dict(decline(refusing[:early]))
    command = [sys.executable, "-m", "tests.notifications.refusals", "--work", "--server", options.server]
    workers = [subprocess.Popen(command, **SILENT) for _number in range(WORKERS)]
    try:
        answered |= dict(decline(refusing[early:]))
        until = time.monotonic() + LONGEST
        while is_left() and time.monotonic() < until:
            time.sleep(0.5)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    return answered


def judge(options: argparse.Namespace, arrived: list[tuple[str, float]], answered: dict[str, float]) -> dict[str, Any]:
    """Return who got something after the answer, and whether everybody else got everything once."""
    from notifications.models import Notification

    got = Counter(address for address, _moment in arrived)
    return {
        "members": options.members,
        "declined": len(answered),
        "sent after the answer": sum(moment > answered.get(address, moment) for address, moment in arrived),
        "sent before it": sum(address in answered for address in got),
        "twice": sum(count > 1 for count in got.values()),
        "left out": options.members - len(got.keys() | answered.keys()),
        "states": dict(Counter(Notification.objects.values_list("state", flat=True))),
    }


def main() -> None:
    """Print what came of it as JSON; the exit status tells whether everything is as it should be."""
    options = arguments()
    if options.work:
        work(60)
        return
    from .sink import Sink, serve

    sink = Sink()
    controller = serve(sink)
    os.environ["FAULTS_PORT"] = str(controller.port)
    os.environ["ALLOWED_HOSTS"] = "testserver"
    set_up(options)
    answered = play(options)
    controller.stop()
    found = judge(options, sink.arrived, answered)
    sys.stdout.write(json.dumps(found) + "\n")
    sys.exit(1 if found["sent after the answer"] or found["twice"] or found["left out"] else 0)


if __name__ == "__main__":
    main()
