"""Web, worker and beat as children of one command: started, watched, started again, ended together."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from types import FrameType

FIRST_WAIT = 1.0
LONGEST_WAIT = 30.0
# A child that has lived this long is taken to be well, and its next restart comes at once again.
WELL_AFTER = 60.0
# Each child's own grace is shorter, so that killing is for those that hang.
GRACE = 8.0
LOOK_EVERY = 0.2
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


@dataclass
class Child:
    """One process that is to run for as long as we do."""

    name: str
    command: list[str]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    wait: float = FIRST_WAIT
    due: float = 0.0

    def start(self) -> None:
        """Start the process in a session of its own: Ctrl-C reaches it through us, once and in order."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(self.command, start_new_session=True, preexec_fn=die_with_parent)  # noqa: S603, PLW1509

    def look_after(self) -> bool:
        """Start a dead process again when its wait is over. Return whether it was found freshly dead."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self.start()
            return False
        if self.process.poll() is None:
            return False
        lived = now - self.started
        self.wait = FIRST_WAIT if lived > WELL_AFTER else min(self.wait * 2, LONGEST_WAIT)
        self.due, self.process = now + self.wait, None
        return True

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """Kill the process and what it has started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def die_with_parent() -> None:
    """Ask Linux to end this process when its parent dies, however it dies; elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


@dataclass
class Household:
    """Children that live and end together."""

    children: list[Child]
    ending: threading.Event = field(default_factory=threading.Event)

    def end_on_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.end)

    def end(self, number: int = 0, frame: FrameType | None = None) -> None:
        self.ending.set()

    def start(self) -> None:
        for child in self.children:
            child.start()

    def look_after(self) -> list[Child]:
        """Look at every child once, and return those that have just died."""
        return [child for child in self.children if child.look_after()]

    def stop(self) -> None:
        """End every child: asked first, killed when the grace is over."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
