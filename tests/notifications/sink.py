"""A mail server that takes everything, but for recipients whose domain says how it is to misbehave."""

import asyncio
import email
import logging
import socket
import time
from collections import Counter
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller

HANGS = 30  # longer than anybody waits in a test
# It names every address, and what the project logs is looked at here.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class Sink:
    """The server, and what it took.

    A recipient at *busy*, *later*, *gone*, *policy* or *never* is refused when named, at *grey* only the first time; a
    message to *spam* at its end; one to *hangs* or *drops* gets no answer there, though it may have been taken.
    """

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.arrived: list[tuple[str, float]] = []
        self.asked: Counter[str] = Counter()
        self.takes_together = True

    async def handle_EHLO(  # noqa: N802  # the name that aiosmtpd calls
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return ["250-PIPELINING", *responses] if self.takes_together else responses

    async def handle_RCPT(  # noqa: N802  # the name that aiosmtpd calls
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        domain = address.rpartition("@")[2].partition(".")[0]
        self.asked[address] += 1
        if domain == "grey" and self.asked[address] == 1:
            return "450 4.7.1 come back later"
        refusals = {
            "busy": "421 4.3.2 closing",
            "later": "450 4.2.1 mailbox busy",
            "gone": f"550 5.1.1 <{address}> no such user",
            "policy": "550 5.7.1 we do not like this",
            "never": "554 5.5.0 no",
        }
        if domain in refusals:
            return refusals[domain]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        domain = envelope.rcpt_tos[0].rpartition("@")[2].partition(".")[0]
        if domain == "spam":
            return "554 5.6.0 not like this"
        if domain == "hangs":
            await asyncio.sleep(HANGS)
        message = email.message_from_bytes(envelope.content)
        message["X-To"] = envelope.rcpt_tos[0]
        self.taken.append(message)
        self.arrived.append((envelope.rcpt_tos[0], time.monotonic()))
        if domain == "drops":
            server.transport.abort()
            await asyncio.sleep(0.1)
        return "250 taken"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def serve(sink: Sink) -> Controller:
    """Start the server; the caller stops it."""
    controller = Controller(sink, hostname="127.0.0.1", port=free_port(), ready_timeout=30)
    controller.start()
    return controller
