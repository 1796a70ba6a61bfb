"""Progress of long work: a bar on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

EVERY = 0.1  # a plain line each tenth of the way


class RateColumn(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        rate = task.finished_speed or task.speed
        return Text(f"{rate:,.0f}/s" if rate else "", style="progress.data.speed")


@contextmanager
def progress(what: str, total: int, stream: Any, *, plain: bool = True) -> Iterator[Callable[[int], None]]:
    """Show how far the work inside has come; call what is yielded with how much was done.

    Without a terminal, ``plain`` lines tell it, or nothing does.
    """
    if not stream.isatty():
        yield PlainProgress(what, total, stream) if plain else lambda _count: None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), RateColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=getattr(stream, "_out", stream))) as shown:
        task = shown.add_task(what, total=total)
        yield lambda count: shown.advance(task, count)


class PlainProgress:
    """Writes a line for each tenth of the work."""

    def __init__(self, what: str, total: int, stream: Any) -> None:
        self.what, self.total, self.stream = what, total, stream
        self.done, self.told, self.started = 0, 0.0, time.monotonic()

    def __call__(self, count: int) -> None:
        self.done += count
        if self.done - self.told >= self.total * EVERY or self.done == self.total:
            self.told = self.done
            rate = self.done / max(time.monotonic() - self.started, 1e-9)
            left = (self.total - self.done) / rate
            self.stream.write(f"{self.what}: {self.done:,} of {self.total:,} ({rate:,.0f}/s, {left:,.0f} s to go)")
