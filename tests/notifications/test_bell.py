"""The bell: no page waits for the broker, and what cannot be rung for is found by the clock."""

import threading
import time

import pytest

from notifications import tasks
from notifications.bell import Bell


@pytest.fixture
def broker(monkeypatch):
    """A broker that answers when it is let, and says how often it was told."""

    class Slow:
        def __init__(self):
            self.told, self.may_answer = 0, threading.Event()

        def __call__(self, **how):
            self.told += 1
            assert how == {"retry": False}
            self.may_answer.wait(10)

    slow = Slow()
    monkeypatch.setattr(tasks.deliver, "apply_async", slow)
    yield slow
    slow.may_answer.set()


def until(condition):
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.mark.promise("E6")
def test_nobody_waits_for_a_broker_and_many_pulls_are_one_more_ring(broker):
    bell, begun = Bell(), time.monotonic()
    bell.ring()
    assert until(lambda: broker.told == 1)
    for _turn in range(50):
        bell.ring()
    assert time.monotonic() - begun < 5
    assert broker.told == 1
    broker.may_answer.set()
    assert until(lambda: broker.told == 2 and not bell.is_ringing)
    bell.ring()
    assert until(lambda: broker.told == 3 and not bell.is_ringing)


def test_a_broker_that_is_not_there_is_logged_without_its_address(monkeypatch, caplog):
    def fails(**how):
        raise ConnectionError("redis://user:password@host")

    monkeypatch.setattr(tasks.deliver, "apply_async", fails)
    bell = Bell()
    bell.ring()
    assert until(lambda: not bell.is_ringing)
    assert "the bell did not ring: ConnectionError" in caplog.text
    assert "password" not in caplog.text
