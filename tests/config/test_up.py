"""One command brings the whole site up, and one signal ends it."""

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.config.surroundings import ROOT, development

FIRST_RUN = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Site:
    """``manage.py up`` in a folder of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port, self.output = port, folder / "output.txt"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--port", str(port)],
                cwd=ROOT,
                env=development(folder),
                stdout=output,
                stderr=output,
            )

    def said(self, words: str, seconds: float) -> str:
        """Return the output as soon as it holds ``words``."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None and words not in self.output.read_text():
            time.sleep(0.1)
        text = self.output.read_text()
        assert words in text, text
        return text

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()

    def children(self) -> list[int]:
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in found.stdout.split()]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)


def is_alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


@contextmanager
def running(folder: Path) -> Iterator[Site]:
    site = Site(folder, free_port())
    try:
        yield site
    finally:
        if site.process.poll() is None:
            site.end()


def serve_and_end(site: Site) -> str:
    """Look at a running site, end it, and return what it said."""
    said = site.said("Ctrl-C ends it", FIRST_RUN)
    assert re.search(r"\w+@\w", said)
    assert site.get("/")[0] == 200
    assert site.get("/readyz") == (200, "ready\n")
    assert site.get("/static/hedgerow.css")[0] == 200
    children = site.children()
    assert len(children) == 2
    assert site.end() == 0
    assert not any(is_alive(pid) for pid in children)
    return said


def kill_the_worker(site: Site) -> None:
    site.said("Ctrl-C ends it", FIRST_RUN)
    subprocess.run(["kill", "-9", str(site.children()[1])], check=True)
    site.said("worker ended", 10)
    deadline = time.monotonic() + 15
    while len(site.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(site.children()) == 2


@pytest.mark.timeout(240)
def test_a_site_comes_up_ends_at_once_keeps_its_data_and_restarts_what_dies(tmp_path: Path) -> None:
    with running(tmp_path) as site:
        assert "First run" in serve_and_end(site)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("*.sqlite3*")} == {0}
    keys = (tmp_path / "keys.json").read_bytes()
    with running(tmp_path) as site:
        kill_the_worker(site)
        assert "First run" not in serve_and_end(site)
    assert (tmp_path / "keys.json").read_bytes() == keys


def test_a_taken_port_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = Site(tmp_path, taken.getsockname()[1])
        assert refused.process.wait(30) == 1
    assert str(refused.port) in refused.output.read_text()
    assert not (tmp_path / "hedgerow.sqlite3").exists()
