"""Portraits for people who do not exist: drawn from a few shapes, always the same for the same handle."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .easel import INK, Easel, light, mixed
from .hair import HAIR, HAIR_BEHIND
from .looks import Look

SIZE = 512
FINE = 3  # drawn so many times larger, then reduced: that is what makes the edges smooth


def draw_face(handle: str, *, age: int = 35, size: int = SIZE, **particulars: Any) -> bytes:
    """Return a PNG portrait of whoever has ``handle``; ``particulars`` overrule single traits of the look."""
    look = replace(Look.of(handle).aged(age), **particulars)
    easel = Easel(size * FINE)
    for paint in (_ground, HAIR_BEHIND.get(look.style, _nothing), _shoulders, _head, _face, HAIR[look.style], _extras):
        paint(easel, look)
    return easel.as_png(size)


def lips(look: Look) -> str:
    """Return a red that shows on the skin around it."""
    around = look.hair if look.beard else look.skin
    return mixed("#9e2233", INK, 0.4) if light(around) > 0.42 else mixed("#d8575f", "#fffefa", 0.18)


def _nothing(easel: Easel, look: Look) -> None:
    """Paint nothing."""


def _ground(easel: Easel, look: Look) -> None:
    """Paint the ground: a sky, a round hill, and a sprig of leaves on one side."""
    easel.block(0, 0, 100, 100, look.ground)
    hill = mixed(look.ground, "#8aac7f", 0.32)
    side = -1 if look.width < 1 else 1
    easel.oval(50 + side * 34, 112, 62, 46, hill)
    easel.oval(50 - side * 44, 118, 54, 42, mixed(hill, "#2c5f45", 0.12))
    _sprig(easel, 50 + side * 40, mixed(look.ground, "#2c5f45", 0.34), side)


def _sprig(easel: Easel, x: float, colour: str, side: int) -> None:
    easel.line([(x, 74), (x + side * 1.5, 50), (x + side * 0.5, 30)], colour, 1.1)
    for number, y in enumerate((64, 56, 48, 40, 33)):
        way = side if number % 2 else -side
        reach = 8 - number * 0.8
        easel.shape(
            [(x, y), (x + way * reach * 0.5, y - 5.2), (x + way * reach, y - 6.4), (x + way * reach * 0.7, y - 1.6)],
            colour,
        )
    easel.oval(x + side * 0.5, 28.5, 2, 3.2, colour)


def _shoulders(easel: Easel, look: Look) -> None:
    shade = mixed(look.skin, INK, 0.12)
    easel.oval(50, 103, 37, 27, look.cloth)
    easel.block(42.5, 62, 57.5, 82, shade, round_by=6)
    COLLAR[look.collar](easel, look)


def _round_collar(easel: Easel, look: Look) -> None:
    easel.half(50, 77.6, 11, 8, mixed(look.skin, INK, 0.12), lower=True)
    easel.arc(50, 77.6, 12, 9, (0, 180), mixed(look.cloth, INK, 0.25), 1.8)


def _vee(easel: Easel, look: Look) -> None:
    easel.shape([(40, 77), (60, 77), (50, 92)], mixed(look.skin, INK, 0.12))
    easel.line([(39.5, 77), (50, 92.5), (60.5, 77)], mixed(look.cloth, INK, 0.28), 1.8)


def _shirt(easel: Easel, look: Look) -> None:
    pale = mixed(look.cloth, "#fffefa", 0.72)
    easel.shape([(41, 75), (50, 86), (44, 92), (36, 79)], pale)
    easel.shape([(59, 75), (50, 86), (56, 92), (64, 79)], pale)
    for y in (91, 96):
        easel.oval(50, y, 0.9, 0.9, pale)


def _stripes(easel: Easel, look: Look) -> None:
    pale = mixed(look.cloth, "#fffefa", 0.75)
    for y in (84, 90, 96):
        reach = 37 * (1 - ((101.5 - y) / 27) ** 2) ** 0.5
        easel.arc(50, y - 4, reach - 1.2, 6, (12, 168), pale, 2)
    _round_collar(easel, look)


def _scarf(easel: Easel, look: Look) -> None:
    warm = "#d99b62" if look.cloth != "#d99b62" else "#9e2233"
    easel.block(36, 74, 64, 84, warm, round_by=5)
    easel.shape([(55, 80), (64, 80), (66, 99), (57, 100)], mixed(warm, INK, 0.14))
    easel.line([(38, 78), (62, 78.6)], mixed(warm, INK, 0.2), 0.9)


def _dungarees(easel: Easel, look: Look) -> None:
    pale = mixed(look.cloth, "#fffefa", 0.7)
    easel.oval(50, 103, 37, 27, pale)
    easel.half(50, 77.6, 11, 8, mixed(look.skin, INK, 0.12), lower=True)
    easel.block(36, 88, 64, 104, look.cloth, round_by=3)
    for x in (37.5, 58.5):
        easel.block(x, 78, x + 4, 92, look.cloth, round_by=1)
        easel.oval(x + 2, 91, 1.2, 1.2, "#f5eed0")


COLLAR: dict[str, Callable[[Easel, Look], None]] = {
    "round": _round_collar,
    "vee": _vee,
    "shirt": _shirt,
    "stripes": _stripes,
    "scarf": _scarf,
    "dungarees": _dungarees,
}


def _head(easel: Easel, look: Look) -> None:
    rx, ry = 19 * look.width, 23 * look.length
    for side in (-1, 1):
        easel.oval(50 + side * rx * 0.98, 51, 4, 5, look.skin)
        easel.oval(50 + side * rx * 1.0, 51.2, 2, 2.8, mixed(look.skin, "#9e2233", 0.16))
    easel.oval(50, 47, rx, ry * 0.86, look.skin)
    easel.oval(50, 52, rx * 0.93, ry * 0.87, look.skin)


def _face(easel: Easel, look: Look) -> None:
    blush = mixed(look.skin, "#d8575f", 0.26)
    for side in (-1, 1):
        easel.oval(50 + side * 11.5, 57, 3.9, 2.8, blush)
    if look.beard:
        _beard(easel, look)
    _eyes(easel, look)
    easel.arc(50, 54.2, 2.3, 2.1, (15, 165), mixed(look.skin, INK, 0.34), 1.1)
    MOUTH[look.mouth](easel, look)
    if look.freckles:
        for x, y in ((40, 54.4), (42.6, 56), (38.6, 57), (60, 54.4), (57.4, 56), (61.4, 57)):
            easel.oval(x, y, 0.55, 0.55, mixed(look.skin, "#7a3d14", 0.45))


def _beard(easel: Easel, look: Look) -> None:
    rx, ry = 19 * look.width * 0.95, 23 * look.length
    easel.half(50, 55, rx, ry * 0.81, look.hair, lower=True)
    easel.oval(50, 54.4, rx * 0.74, 6.2, look.skin)
    easel.oval(50, 59.2, 7.4, 2.5, look.hair)


def _eyes(easel: Easel, look: Look) -> None:
    brow = mixed(look.hair, INK, 0.25)
    glance = 0.7 if look.eyes == "sideways" else 0.0
    for side in (-1, 1):
        x = 50 + side * 7.6
        easel.arc(x, 46.2, 4.2, 3.4, (205, 335), brow, 1.4)
        if look.eyes == "smiling":
            easel.arc(x, 50.6, 2.9, 2.7, (195, 345), INK, 1.5)
            continue
        easel.oval(x, 49.6, 2.9, 3.1, "#fffefa")
        easel.oval(x + glance, 49.8, 2.0, 2.3, INK)
        easel.oval(x + glance + 0.7, 48.9, 0.7, 0.7, "#fffefa")


def _smile(easel: Easel, look: Look) -> None:
    easel.arc(50, 59.4, 5.6, 4.6, (20, 160), lips(look), 1.5)


def _grin(easel: Easel, look: Look) -> None:
    easel.half(50, 60.4, 5.4, 5, mixed("#9e2233", INK, 0.45), lower=True)
    easel.half(50, 60.4, 4.6, 1.9, "#fffefa", lower=True)


def _calm(easel: Easel, look: Look) -> None:
    easel.arc(50, 58.4, 4.4, 4.2, (40, 140), lips(look), 1.5)


def _wry(easel: Easel, look: Look) -> None:
    easel.arc(51, 59, 5.2, 4.4, (10, 135), lips(look), 1.5)


MOUTH = {"smile": _smile, "grin": _grin, "calm": _calm, "wry": _wry}


def _extras(easel: Easel, look: Look) -> None:
    if look.glasses:
        frame = mixed(look.cloth, INK, 0.55)
        for side in (-1, 1):
            easel.arc(50 + side * 7.8, 49.8, 5.8, 5.6, (0, 360), frame, 1.2)
            easel.line([(50 + side * 13.6, 49), (50 + side * 18.4 * look.width, 48)], frame, 1)
        easel.arc(50, 49.6, 2.1, 1.7, (190, 350), frame, 1.2)
    if look.earrings:
        for side in (-1, 1):
            easel.oval(50 + side * 19 * look.width, 57.4, 1.3, 1.3, "#d99b62")
