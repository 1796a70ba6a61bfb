"""Whoever erases can be killed anywhere, and it ends complete all the same, told once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core import mail
from django.db import connection, connections, router
from django.utils import timezone

from accounts import leftovers
from accounts.erasing import erase_due
from accounts.models import Leftover, Member, ReservedHandle
from accounts.picture_files import stored_pictures
from encryption.keys import forget_keys, is_destroyed
from notifications.delivery import deliver
from privacy.erasure import engine, steps
from privacy.models import ErasureRequest, ErasureStep
from tests.killing import Killed

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keystore"]),
    pytest.mark.promise("D2"),
]
# At every second write of an erasure. It takes more than that many.
POINTS = range(0, 160, 2)
WRITES = ("INSERT", "UPDATE", "DELETE")


class Executioner:
    """Kills who is about to write for the n-th time, in whichever database."""

    def __init__(self, at: int | None) -> None:
        self.at, self.writes = at, 0
        self.died_with_a_letter = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith(WRITES):
            if self.writes == self.at:
                self.died_with_a_letter = any("erased" in letter.subject for letter in mail.outbox)
                raise Killed
            self.writes += 1
        return execute(sql, params, many, context)


@contextmanager
def watched(at: int | None = None) -> Iterator[Executioner]:
    executioner = Executioner(at)
    with ExitStack() as stack:
        for alias in ("default", "keystore"):
            stack.enter_context(connections[alias].execute_wrapper(executioner))
        yield executioner


def go_on_to_the_end(start: Any) -> int:
    """Have other workers come by every few minutes; return how often somebody came to be erased."""
    erased = 0
    for turn in range(1, 6):
        with time_machine.travel(start + timedelta(minutes=5 * turn)):
            forget_keys()  # another process
            erased += erase_due(timezone.now())
            deliver()
    with time_machine.travel(start + timedelta(hours=3)):
        leftovers.sweep()
    return erased


def expect_the_end(leaver: Member, files: list[Any], mailoutbox: list[Any], *, most_letters: int = 1) -> None:
    request = ErasureRequest.objects.get()
    assert request.member is None
    assert request.done_at is not None
    assert set(request.steps.values_list("state", flat=True)) == {"done"}
    assert is_destroyed(leaver.pk)
    assert is_destroyed(request.pk)
    assert ReservedHandle.objects.filter(until=None).count() == 1
    assert not Leftover.objects.exists()
    assert not any(storage.exists(name) for storage, name in files)
    letters = [letter for letter in mailoutbox if letter.subject == "Your account is erased"]
    # Whoever dies between the mail server and the outbox has it sent once more, as the same mail.
    assert {letter.to[0] for letter in letters} == {"gone@example.org"}
    assert len({letter.extra_headers["Message-ID"] for letter in letters}) == 1
    assert len(letters) <= most_letters
    for model in apps.get_models():
        assert leaver.pk not in cells_of(model), model


def cells_of(model: Any) -> set[Any]:
    if connection.alias != router.db_for_read(model) or model._meta.proxy or not model._meta.managed:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
        return {bytes(cell) if isinstance(cell, memoryview) else str(cell) for row in cursor for cell in row}


@pytest.fixture
def files(leaver: Member) -> list[Any]:
    return [(storage, name) for storage, name, whose in stored_pictures() if whose == leaver.pk]


@pytest.mark.parametrize("point", POINTS)
def test_who_is_killed_at_any_write_leaves_it_to_others(
    point: int, leaver: Member, files: list[Any], later: Any, mailoutbox: Any
) -> None:
    start = later()
    with time_machine.travel(start), watched(point) as executioner, pytest.raises(Killed):
        erase_due(timezone.now())
    assert executioner.writes == point
    assert go_on_to_the_end(start) in (0, 1)
    expect_the_end(leaver, files, mailoutbox, most_letters=1 + executioner.died_with_a_letter)


STEPS = sorted(steps.STEPS)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", [kind for kind in STEPS if kind != "recall"])
def test_who_is_killed_around_a_step_leaves_it_to_others(
    kind: str,
    moment: str,
    leaver: Member,
    files: list[Any],
    later: Any,
    mailoutbox: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start, do = later(), steps.do

    def dies(step: ErasureStep, now: Any) -> None:
        is_it = step.name.partition(":")[0] == kind
        if is_it and moment == "before":
            raise Killed
        do(step, now)
        if is_it:
            raise Killed

    monkeypatch.setattr(steps, "do", dies)
    with time_machine.travel(start), pytest.raises(Killed):
        erase_due(timezone.now())
    monkeypatch.setattr(steps, "do", do)
    assert go_on_to_the_end(start) in (0, 1)
    expect_the_end(leaver, files, mailoutbox)


def test_nobody_takes_a_step_that_somebody_is_taking(leaver: Member, later: Any, monkeypatch: Any) -> None:
    start, taken = later(), []

    def meanwhile(step: ErasureStep, now: Any) -> None:
        taken.append(step.name)
        if len(taken) == 1:
            assert not engine.carry_out(step.request_id, now)
        do(step, now)

    do = steps.do
    monkeypatch.setattr(steps, "do", meanwhile)
    with time_machine.travel(start):
        erase_due(timezone.now())
    assert len(taken) == len(set(taken))


def test_who_lost_their_lease_writes_nothing_over_what_another_did(leaver: Member, later: Any) -> None:
    start = later()
    with time_machine.travel(start):
        engine.plan.begin(ErasureRequest.objects.get().pk, timezone.now())
        slow = engine.claim(ErasureRequest.objects.get().pk, timezone.now())
    with time_machine.travel(start + timedelta(minutes=3)):
        quick = engine.claim(ErasureRequest.objects.get().pk, timezone.now())
        assert slow is not None
        assert quick is not None
        assert (slow.pk, quick.attempts) == (quick.pk, 2)
        engine.take(quick, timezone.now())
        engine._settle(slow, ErasureStep.State.FAILED, error="Slow")
    step = ErasureStep.objects.get(pk=slow.pk)
    assert (step.state, step.error) == ("done", "")
