"""Plots on staff pages: one bar, a piece of it for each state that anything is in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

WIDTH = 1000


@dataclass(frozen=True)
class Piece:
    """How many are in one ``state``, how that looks, and where the piece lies in a bar of ``WIDTH``."""

    state: Any
    look: str
    count: int
    x: float
    width: float


def pieces(counts: Iterable[tuple[Any, str, int]]) -> Iterator[Piece]:
    """Yield the pieces of a bar, in the order of ``counts`` (state, look, how many); states without any have none."""
    counted, x = list(counts), 0.0
    everybody = sum(count for _state, _look, count in counted)
    for state, look, count in counted:
        if count:
            width = WIDTH * count / everybody
            yield Piece(state, look, count, x, width)
            x += width
