"""Children are started again when they die, and end when they are told to."""

import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from config import processes
from config.processes import Child, Household

STAYS = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)",
]


@pytest.fixture
def household() -> Iterator[Household]:
    household = Household([Child("stays", STAYS), Child("ends", [sys.executable, "-c", ""])])
    yield household
    for child in household.children:
        child.kill()


def look_until_dead(household: Household) -> list[Child]:
    for _ in range(200):
        if dead := household.look_after():
            return dead
        time.sleep(0.02)
    return []


def test_a_child_that_dies_is_started_again_and_waits_longer_each_time(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "FIRST_WAIT", 0.01)
    stays, ends = household.children
    ends.wait = 0.01
    household.start()
    waits = []
    for _ in range(3):
        assert look_until_dead(household) == [ends]
        waits.append(ends.wait)
    assert waits == [0.02, 0.04, 0.08]
    assert stays.process is not None
    assert stays.process.poll() is None


def test_stopping_ends_every_child_and_kills_one_that_will_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.3)
    household = Household([Child("stays", STAYS), Child("stubborn", STUBBORN)])
    household.start()
    time.sleep(0.5)
    household.stop()
    for child in household.children:
        assert child.process is not None
        assert child.process.poll() is not None


def test_a_signal_is_what_ends_the_wait() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    household = Household([])
    try:
        household.end_on_signals()
        os.kill(os.getpid(), signal.SIGTERM)
        assert household.ending.wait(1)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
