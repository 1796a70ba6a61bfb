"""What gunicorn itself says of clients, as a real server on a real port."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.surroundings import ROOT, development

START = 30
SECRET = b"Rose.Applegarth"
BROKEN = [
    b"GET /people/?q=" + SECRET + b" and more HTTP/1.1\r\n\r\n",
    b"GET / HTTP/" + SECRET + b"\r\n\r\n",
    SECRET + b"@ / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + SECRET + b"@x: y\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: " + SECRET + b"\r\n\r\n",
    b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n" + SECRET + b"\r\n\r\n",
]
STRANGE = b"GET /?a=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: a/b; charset=hex\r\nConnection: close\r\n\r\n"


def said_by(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def is_up(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Give the port of a gunicorn with our configuration and the file it logs to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    log = tmp_path / "log.txt"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--config", "config/gunicorn.py", "--workers", "1"]
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{port}"], cwd=ROOT, env=development(tmp_path), stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + START
        while not is_up(port) and time.monotonic() < deadline:
            time.sleep(0.1)
        yield port, log
    finally:
        server.terminate()
        server.wait(15)


def test_broken_requests_leave_nothing_of_themselves_in_the_log(served: tuple[int, Path]) -> None:
    port, log = served
    for sent in BROKEN:
        assert b" 200 " not in said_by(port, sent)[:20]
    lines = log.read_text()
    assert SECRET.decode().lower() not in lines.lower()
    assert "127.0.0.1" not in lines
    told = [json.loads(one) for one in lines.splitlines()]
    assert {one["message"] for one in told if one["logger"] == "gunicorn.error"} == {"…"}


def test_a_strange_charset_is_answered_by_a_page(served: tuple[int, Path]) -> None:
    answer = said_by(served[0], STRANGE)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"UTF-8" in answer
