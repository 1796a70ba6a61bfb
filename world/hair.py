"""The hair of a portrait: what lies behind the head, and what lies on it."""

from collections.abc import Callable

from .easel import INK, Easel, mixed
from .looks import Look


def _cap_of_hair(easel: Easel, look: Look, *, low: float = 44, wide: float = 1.06, tall: float = 19.5) -> None:
    """Paint hair that sits on the top of the head and leaves the forehead free in an arch."""
    rx = 19 * look.width
    top = 47 - 23 * look.length * 0.86
    easel.half(50, low, rx * wide, low - top + 3.4, look.hair)
    easel.half(50, low + 0.2, rx * 0.86, tall * 0.52, look.skin)


def _crop(easel: Easel, look: Look) -> None:
    _cap_of_hair(easel, look, low=45)
    for side in (-1, 1):
        easel.block(
            50 + side * 18.3 * look.width - 1.7, 42, 50 + side * 18.3 * look.width + 1.7, 49, look.hair, round_by=1.5
        )


def _bob_behind(easel: Easel, look: Look) -> None:
    easel.oval(50, 46, 25 * look.width, 26, look.hair)
    easel.block(50 - 25 * look.width, 45, 50 + 25 * look.width, 67, look.hair, round_by=8)


def _bob(easel: Easel, look: Look) -> None:
    rx, top = 19 * look.width, 47 - 23 * look.length * 0.86
    easel.half(50, 43.6, rx * 1.08, 43.6 - top + 3.6, look.hair)
    for side in (-1, 1):
        easel.block(50 + side * rx * 1.04 - 2.6, 42, 50 + side * rx * 1.04 + 2.6, 63, look.hair, round_by=2.6)


def _long_behind(easel: Easel, look: Look) -> None:
    easel.oval(50, 45, 24.5 * look.width, 25.5, look.hair)
    easel.shape([(26, 46), (74, 46), (79, 92), (21, 92)], look.hair)
    easel.oval(28, 91, 7.5, 6, look.hair)
    easel.oval(72, 91, 7.5, 6, look.hair)


def _long(easel: Easel, look: Look) -> None:
    rx, top = 19 * look.width, 47 - 23 * look.length * 0.86
    easel.half(50, 43.6, rx * 1.1, 43.6 - top + 3.4, look.hair)
    easel.shape([(50, top + 4), (50 - rx * 0.94, 43.8), (50 + rx * 0.94, 43.8)], look.skin)


def _curls_behind(easel: Easel, look: Look) -> None:
    for x, y, r in ((29, 44, 8.5), (71, 44, 8.5), (28, 55, 8), (72, 55, 8), (33, 33, 9), (67, 33, 9), (50, 28, 12)):
        easel.oval(x, y, r, r, look.hair)


def _curls(easel: Easel, look: Look) -> None:
    for x, y, r in ((34, 37, 6), (40, 31, 7), (48, 28.4, 7.4), (56, 29, 7.2), (63, 33.4, 6.6), (67, 39, 5.4)):
        easel.oval(x, y, r, r, look.hair)


def _bun_behind(easel: Easel, look: Look) -> None:
    easel.oval(50, 18.5, 9, 8.4, look.hair)
    easel.oval(50, 45, 22.3 * look.width, 23.5, look.hair)


def _bun(easel: Easel, look: Look) -> None:
    _cap_of_hair(easel, look, low=46, wide=1.1, tall=21)
    easel.arc(50, 25.2, 6, 2, (10, 170), mixed(look.hair, "#fffefa", 0.25), 1.1)


def _parting(easel: Easel, look: Look) -> None:
    rx, top = 19 * look.width, 47 - 23 * look.length * 0.86
    easel.half(50, 45, rx * 1.07, 45 - top + 4, look.hair)
    easel.shape(
        [
            (50 - rx * 0.82, 45.4),
            (50 - rx * 0.5, 37),
            (50 + rx * 0.25, 36),
            (50 + rx * 0.84, 43),
            (50 + rx * 0.86, 45.4),
        ],
        look.skin,
    )
    easel.line([(50 - rx * 0.5, 37), (50 - rx * 0.36, top - 1.5)], mixed(look.hair, "#fffefa", 0.28), 0.9)
    for side in (-1, 1):
        easel.block(50 + side * rx * 0.97 - 1.6, 43, 50 + side * rx * 0.97 + 1.6, 50, look.hair, round_by=1.4)


def _cloud_behind(easel: Easel, look: Look) -> None:
    easel.oval(50, 38, 29, 26, look.hair)
    for x, y in ((24, 44), (76, 44), (29, 26), (71, 26), (40, 17), (60, 17), (50, 14.5)):
        easel.oval(x, y, 8.5, 8.5, look.hair)


def _cloud(easel: Easel, look: Look) -> None:
    _cap_of_hair(easel, look, low=42, wide=1.04, tall=15)


def _plaits_behind(easel: Easel, look: Look) -> None:
    easel.oval(50, 45, 22.4 * look.width, 23.6, look.hair)
    for side in (-1, 1):
        for step in range(4):
            easel.oval(50 + side * (23.5 + step * 0.9), 60 + step * 7.4, 4.9 - step * 0.4, 4.9, look.hair)
        easel.oval(50 + side * 26.9, 87.6, 2.6, 1.6, "#9e2233")
        easel.oval(50 + side * 27.2, 91, 3, 3.8, look.hair)


def _tuft(easel: Easel, look: Look) -> None:
    _crop(easel, look)
    top = 47 - 23 * look.length * 0.86
    easel.shape(
        [(39, top + 4), (42, top - 6.5), (47, top - 1), (51, top - 8), (54, top - 1.5), (60, top - 5.5), (61, top + 4)],
        look.hair,
    )


def _cap(easel: Easel, look: Look) -> None:
    """Paint a woollen cap, with a little hair looking out."""
    rx, top = 19 * look.width, 47 - 23 * look.length * 0.86
    wool = mixed(look.cloth, "#fffefa", 0.16)
    for side in (-1, 1):
        easel.block(50 + side * rx * 0.98 - 2.4, 40, 50 + side * rx * 0.98 + 2.4, 53, look.hair, round_by=2.2)
    easel.half(50, 40.5, rx * 1.12, 40.5 - top + 6, wool)
    easel.block(50 - rx * 1.16, 35.8, 50 + rx * 1.16, 42.2, mixed(wool, INK, 0.22), round_by=2.6)
    easel.oval(50, top - 6.6, 4.4, 4.4, mixed(wool, "#fffefa", 0.5))


def _bald(easel: Easel, look: Look) -> None:
    for side in (-1, 1):
        easel.oval(50 + side * 19.2 * look.width, 44, 2.8, 6.4, look.hair)
    easel.arc(46, 38, 9, 9, (215, 275), mixed(look.skin, "#fffefa", 0.45), 1.6)


HAIR: dict[str, Callable[[Easel, Look], None]] = {
    "crop": _crop,
    "bob": _bob,
    "long": _long,
    "curls": _curls,
    "bun": _bun,
    "parting": _parting,
    "cloud": _cloud,
    "plaits": _bun,
    "tuft": _tuft,
    "cap": _cap,
    "bald": _bald,
}
HAIR_BEHIND: dict[str, Callable[[Easel, Look], None]] = {
    "bob": _bob_behind,
    "long": _long_behind,
    "curls": _curls_behind,
    "bun": _bun_behind,
    "cloud": _cloud_behind,
    "plaits": _plaits_behind,
}
