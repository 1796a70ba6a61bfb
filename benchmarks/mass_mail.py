"""Mass mail: queueing a campaign and sending it, beside django-post-office in the same run, to the same mail server.

    python -m benchmarks.mass_mail --server postgres://postgres@127.0.0.1:5432 [--members 10000 100000] [--mails 2000]

*Queueing*: the rows of a campaign to everybody, written by the worker, against ``post_office.mail.send_many`` in
batches of a thousand. *Sending*: two workers of ours with the last look at each recipient, rendering, and a settlement
for each row, from a table that holds what was queued before, against ``send_queued_mail --processes=2``, whose texts
are rendered already; and against a *limit*: two processes that do nothing but write a prepared message down the wire,
with commands sent together, and mark each 500 rows before and after. The server takes everything and counts.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

DATABASE = "hedgerow_mass_mail"
PEER = "post_office_mass_mail"
BATCH = 1000
WORDS = {
    "heading": "A change of our terms",
    "text": "\n\n".join(f"Paragraph {number}." for number in range(16)),
    "page": "",
}


ANSWERS = {b"EHLO": b"250-sink\r\n250 PIPELINING\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Sink(asyncio.Protocol):
    """A mail server that takes everything and counts it."""

    taken = 0

    def connection_made(self, transport: Any) -> None:
        self.transport, self.buffer, self.is_data = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = b"\r\n.\r\n" if self.is_data else b"\r\n"
        while (found := self.buffer.find(end)) >= 0:
            line, self.buffer = self.buffer[:found], self.buffer[found + len(end) :]
            self.transport.write(self.answer(line))
            end = b"\r\n.\r\n" if self.is_data else b"\r\n"

    def answer(self, line: bytes) -> bytes:
        if self.is_data:
            self.is_data = False
            Sink.taken += 1
            return b"250 taken\r\n"
        verb = line[:4].upper()
        self.is_data = verb == b"DATA"
        return ANSWERS.get(verb, b"250 ok\r\n")


def serve() -> int:
    """Start the server in a thread; return its port."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    ports: list[int] = []

    async def run() -> None:
        server = await loop.create_server(Sink, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await server.serve_forever()

    threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True).start()
    ready.wait()
    return ports[0]


# --- ours ---------------------------------------------------------------------------------------------------------
def set_up(server: str, port: int) -> None:
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for name in (DATABASE, f"{DATABASE}_keystore", PEER):
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
    os.environ |= {
        "HEDGEROW_ENV": "development",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VAR_DIR": tempfile.mkdtemp(prefix="hedgerow-mass-mail-"),
        "DATABASE_URL": f"{server}/{DATABASE}",
        "KEYSTORE_URL": f"{server}/{DATABASE}_keystore",
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("migrate", database="keystore", verbosity=0)


def make_members(count: int) -> None:
    """Have ``count`` members whose rows are all alike but for what has to differ: only their number matters here."""
    from django.db import connection

    from accounts.models import Member
    from tests.factories import make_member

    first = Member.objects.filter(handle="first").first() or make_member("first")
    columns = [field.column for field in Member._meta.concrete_fields]
    differing = {"id": "n", "handle": "'m' || n", "email_index": "decode(md5(n::text) || md5(n::text), 'hex')"}
    values = ", ".join(differing.get(column, f'"{column}"') for column in columns)
    there = Member.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO accounts_member ({', '.join(columns)}) SELECT {values} FROM accounts_member, "
            "generate_series(%s, %s) AS n WHERE accounts_member.id = %s",
            [there, count - 1, first.pk],
        )


def queue_ours(count: int) -> dict[str, Any]:
    from django.utils import timezone

    from notifications import campaigns, gathering
    from notifications.models import Campaign, Stage
    from notifications.notices import Category
    from notifications.written import WORDS as NOTICES

    make_members(count)
    campaign = approved(NOTICES[Category.LEGAL].slug, "everybody")
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    while Campaign.objects.get(pk=campaign.pk).stage != Stage.SENDING:
        gathering.advance(timezone.now())
    seconds = time.perf_counter() - began
    campaign.refresh_from_db()
    began = time.perf_counter()
    totals = gathering.totals_of(campaign)
    page = time.perf_counter() - began
    assert sum(totals.values()) == campaign.recipients
    campaigns.pause(campaign)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "rows": campaign.recipients,
        "per_s": round(campaign.recipients / seconds),
        "totals_ms": round(page * 1000, 1),
        "grown_kib": grown,
    }


def send_ours(count: int, topic: str = "") -> float:
    """Return how many mails of a campaign two workers send in a second, to members with keys of their own.

    It is one that is always sent, or news about ``topic``, which every reader wants.
    """
    from django.utils import timezone

    from accounts.models import Member
    from notifications import gathering
    from notifications.audiences import Audience, register
    from notifications.channels.kinds import EVERYWHERE
    from notifications.models import Stage
    from notifications.notices import Category
    from notifications.preferences import choose
    from notifications.topics import Topic
    from notifications.written import NEWS, WORDS as NOTICES
    from tests.factories import make_member

    handles = [f"reader{number}" for number in range(count)]
    readers = list(Member.objects.filter(handle__in=handles)) or [make_member(handle) for handle in handles]
    if topic:
        for reader in readers:
            choose(reader, {Topic(topic): EVERYWHERE})
    register(Audience("readers", "readers", lambda: Member.objects.filter(handle__startswith="reader")))
    notice = NEWS[Topic(topic)] if topic else NOTICES[Category.LEGAL]
    campaign = approved(notice.slug, "readers")
    while type(campaign).objects.get(pk=campaign.pk).stage != Stage.SENDING:
        gathering.advance(timezone.now())
    return timed([sys.executable, "manage.py", "run_outbox", "--once"], 2, count)


def approved(notice: str, audience: str) -> Any:
    """Return a campaign that begins now."""
    from notifications import campaigns
    from notifications.models import Campaign
    from tests.factories import make_member

    staff = [make_member(f"staff{time.monotonic_ns()}", is_staff=True) for _number in range(2)]
    campaign = Campaign(notice=notice, audience=audience, parameters=WORDS)
    campaigns.write(campaign, by=staff[0])
    campaigns.finish_writing(campaign)
    campaigns.approve(campaign, campaigns.fingerprint(campaign), by=staff[1])
    return campaign


def timed(command: list[str], processes: int, count: int) -> float:
    return timed_all([command] * processes, count)


def timed_all(commands: list[list[str]], count: int) -> float:
    """Return how many mails arrive in a second while the commands run, without the start of their processes."""
    Sink.taken, began = 0, time.perf_counter()
    children = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    while Sink.taken == 0 and any(child.poll() is None for child in children):
        time.sleep(0.01)
    began = time.perf_counter()
    for child in children:
        child.wait()
    assert Sink.taken >= count, (Sink.taken, count)
    return count / (time.perf_counter() - began)


# --- the limit ----------------------------------------------------------------------------------------------------
def limit(server: str, port: int, count: int) -> float:
    """Return how many prepared messages two processes send in a second, marking 500 rows before and after."""
    import psycopg

    with psycopg.connect(f"{server}/{PEER}", autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS journal")
        connection.execute("CREATE TABLE journal (id bigint PRIMARY KEY, state smallint)")
        connection.execute("INSERT INTO journal SELECT n, 0 FROM generate_series(0, %s) AS n", [count - 1])
    source = f"from benchmarks.mass_mail import pipe; pipe({server!r}, {port}, {count}, %d)"
    commands = [[sys.executable, "-c", source % number] for number in range(2)]
    return timed_all(commands, count)


def pipe(server: str, port: int, count: int, part: int) -> None:
    """Send every other row, each message as bytes that are ready but for its number."""
    import socket

    import psycopg

    mark = "UPDATE journal SET state = %s WHERE id = ANY(%s)"
    ready = f"Subject: x\r\nMessage-ID: <%d@x>\r\n\r\n{WORDS['text']}\r\n.\r\n"
    envelope = "MAIL FROM:<post@example.org>\r\nRCPT TO:<m%d@example.net>\r\nDATA\r\n"
    ids = list(range(part, count, 2))
    with (
        psycopg.connect(f"{server}/{PEER}", autocommit=True) as connection,
        socket.create_connection(("127.0.0.1", port)) as line,
        line.makefile("rb") as answers,
    ):
        answers.readline()
        for first in range(0, len(ids), 500):
            some = ids[first : first + 500]
            connection.execute(mark, [1, some])
            for number in some:
                line.sendall((envelope % number).encode())
                for _answer in range(3):
                    answers.readline()
                line.sendall((ready % number).encode())
                answers.readline()
            connection.execute(mark, [2, some])


# --- the peer -----------------------------------------------------------------------------------------------------
PEER_SETTINGS = """
import django
from django.conf import settings
settings.configure(
    USE_TZ=True, SECRET_KEY="x", DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "post_office"],
    EMAIL_HOST="127.0.0.1", EMAIL_PORT={port}, EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    CACHES={{"default": {{"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}}}, LOGGING_CONFIG=None,
    TEMPLATES=[{{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}}],
    DATABASES={{
        "default": {{
            "ENGINE": "django.db.backends.postgresql", "HOST": {host!r}, "PORT": {dbport!r}, "USER": {user!r},
            "NAME": {name!r},
        }}
    }},
)
django.setup()
import sys, time
from django.core.management import call_command
from post_office import mail
"""
QUEUE = """
call_command("migrate", verbosity=0)
body = {body!r}
began = time.perf_counter()
common = dict(sender="post@example.org", subject="A change of our terms", message=body)
for first in range(0, {count}, 1000):
    some = range(first, min(first + 1000, {count}))
    mail.send_many([dict(common, recipients=["m%d@example.net" % n], html_message="<p>" + body) for n in some])
print({count} / (time.perf_counter() - began))
"""
SEND = 'call_command("send_queued_mail", processes=2, log_level=1)'


def peer(server: str, port: int, count: int) -> tuple[float, float]:
    """Return how many mails django-post-office queues and sends in a second."""
    from urllib.parse import urlsplit

    parts = urlsplit(server)
    common = PEER_SETTINGS.format(
        port=port, host=parts.hostname, dbport=parts.port or 5432, user=parts.username, name=PEER
    )
    outside = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    queue = common + QUEUE.format(count=count, body=WORDS["text"])
    queued = subprocess.run([sys.executable, "-c", queue], env=outside, capture_output=True, text=True, check=True)
    return float(queued.stdout.split()[-1]), timed([sys.executable, "-c", common + SEND], 1, count)


def main() -> None:
    """Print rates in a second, and ours over theirs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="postgres://postgres@127.0.0.1:5432")
    parser.add_argument("--members", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--mails", type=int, default=2000)
    options = parser.parse_args()
    port = serve()
    set_up(options.server, port)
    queued = [queue_ours(count) for count in options.members]
    sent, news = send_ours(options.mails), send_ours(options.mails, "news")
    peer_queued, peer_sent = peer(options.server, port, options.mails)
    at_most = limit(options.server, port, 10 * options.mails)
    found = {
        "queueing": queued,
        "queueing, post-office per_s": round(peer_queued),
        "queueing, ours over theirs": [round(each["per_s"] / peer_queued, 1) for each in queued],
        "sending per_s": round(sent),
        "sending, post-office per_s": round(peer_sent),
        "sending, ours over theirs": round(sent / peer_sent, 2),
        "sending news per_s": round(news),
        "sending, limit per_s": round(at_most),
        "sending, ours over the limit": round(sent / at_most, 3),
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
