"""Portraits for people who do not exist: drawn from a few shapes, always the same for the same handle."""

import hashlib
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image, ImageDraw

SIZE = 512
FINE = 3  # drawn so many times larger, then reduced: that is what makes the edges smooth

INK = "#1d2822"
GROUNDS = ("#e3ecdc", "#e3eef4", "#f5eed0", "#f3e8f4", "#fbeedc", "#fae9e6", "#a5c1a5", "#9dbfd2", "#efece1", "#c9dcc0")
CLOTHES = ("#2c5f45", "#24567a", "#9e2233", "#8f450e", "#6a3b72", "#67540a", "#8aac7f", "#d99b62", "#414b45", "#d8979a")
SKINS = ("#f6d9c2", "#eec4a3", "#dca47c", "#c08457", "#96603b", "#6d442b", "#f2cfb0", "#a9714a")
HAIRS = ("#2b211c", "#4a3021", "#7a4a26", "#a8672f", "#c98d3f", "#e0bd77", "#8f3b1e", "#1c1c22")
GREYS = ("#b9b6ad", "#d9d6cd", "#8d8c86")
STYLES = ("crop", "bob", "long", "curls", "bun", "parting", "cloud", "plaits", "tuft", "cap")
OLD_STYLES = ("crop", "bob", "bun", "parting", "curls", "bald")
COLLARS = ("round", "vee", "shirt", "stripes", "scarf", "dungarees")
EYES = ("open", "open", "open", "smiling", "sideways")
MOUTHS = ("smile", "grin", "calm", "wry")


@dataclass(frozen=True)
class Look:
    """Everything that distinguishes one portrait from another."""

    ground: str
    cloth: str
    skin: str
    hair: str
    style: str
    collar: str
    eyes: str
    mouth: str
    width: float
    length: float
    glasses: bool
    freckles: bool
    beard: bool
    earrings: bool

    @classmethod
    def of(cls, handle: str) -> "Look":
        """Return the look that belongs to ``handle``."""
        dice = random.Random(hashlib.sha256(f"face of {handle}".encode()).digest())
        ground, skin = dice.choice(GROUNDS), dice.choice(SKINS)
        return cls(
            ground=ground,
            cloth=dice.choice([cloth for cloth in CLOTHES if cloth != ground]),
            skin=skin,
            hair=dice.choice([hair for hair in HAIRS if abs(light(hair) - light(skin)) > 0.12]),
            style=dice.choice(STYLES),
            collar=dice.choice(COLLARS),
            eyes=dice.choice(EYES),
            mouth=dice.choice(MOUTHS),
            width=dice.uniform(0.93, 1.07),
            length=dice.uniform(0.95, 1.06),
            glasses=dice.random() < 0.26,
            freckles=dice.random() < 0.25,
            beard=dice.random() < 0.22,
            earrings=dice.random() < 0.3,
        ).fitting()

    def fitting(self) -> "Look":
        """Return this look without what does not go together."""
        beard = self.beard and self.style not in ("bob", "long", "bun", "plaits")
        eyes = "open" if light(self.skin) < 0.42 and self.eyes == "smiling" else self.eyes
        return replace(self, beard=beard, earrings=self.earrings and not beard, eyes=eyes)

    def aged(self, age: int) -> "Look":
        """Return this look at an age: no beard on children, grey hair later."""
        if age < 20:
            return replace(self, beard=False, glasses=False, style="tuft" if self.style == "bald" else self.style)
        if age < 62:
            return self
        style = self.style if self.style in OLD_STYLES else OLD_STYLES[len(self.style) % len(OLD_STYLES)]
        return replace(self, hair=GREYS[age % len(GREYS)], style=style).fitting()


def draw_face(handle: str, *, age: int = 35, size: int = SIZE, **particulars: Any) -> bytes:
    """Return a PNG portrait of whoever has ``handle``; ``particulars`` overrule single traits of the look."""
    look = replace(Look.of(handle).aged(age), **particulars)
    easel = Easel(size * FINE)
    for paint in (_ground, HAIR_BEHIND.get(look.style, _nothing), _shoulders, _head, _face, HAIR[look.style], _extras):
        paint(easel, look)
    return easel.as_png(size)


class Easel:
    """A canvas of 100 by 100 units."""

    def __init__(self, pixels: int) -> None:
        self.unit = pixels / 100
        self.image = Image.new("RGB", (pixels, pixels), "white")
        self.draw = ImageDraw.Draw(self.image)

    def oval(self, x: float, y: float, rx: float, ry: float, colour: str) -> None:
        self.draw.ellipse(self._box(x - rx, y - ry, x + rx, y + ry), fill=colour)

    def block(self, left: float, top: float, right: float, bottom: float, colour: str, *, round_by: float = 0) -> None:
        self.draw.rounded_rectangle(self._box(left, top, right, bottom), round_by * self.unit, fill=colour)

    def shape(self, points: list[tuple[float, float]], colour: str) -> None:
        self.draw.polygon([(x * self.unit, y * self.unit) for x, y in points], fill=colour)

    def half(self, x: float, y: float, rx: float, ry: float, colour: str, *, lower: bool = False) -> None:
        """Paint the upper or lower half of an oval."""
        start = 0 if lower else 180
        self.draw.pieslice(self._box(x - rx, y - ry, x + rx, y + ry), start, start + 180, fill=colour)

    def arc(self, x: float, y: float, rx: float, ry: float, turn: tuple[float, float], colour: str, width: float) -> None:
        box = self._box(x - rx, y - ry, x + rx, y + ry)
        self.draw.arc(box, turn[0], turn[1], fill=colour, width=round(width * self.unit))

    def line(self, points: list[tuple[float, float]], colour: str, width: float) -> None:
        placed = [(x * self.unit, y * self.unit) for x, y in points]
        self.draw.line(placed, fill=colour, width=round(width * self.unit), joint="curve")
        for x, y in points:
            self.oval(x, y, width / 2, width / 2, colour)

    def as_png(self, size: int) -> bytes:
        kept = io.BytesIO()
        self.image.resize((size, size), Image.Resampling.LANCZOS).save(kept, "PNG", optimize=False)
        return kept.getvalue()

    def _box(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        return left * self.unit, top * self.unit, right * self.unit, bottom * self.unit


def mixed(colour: str, other: str, share: float) -> str:
    """Return ``colour`` with a ``share`` of ``other`` in it."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(one * (1 - share) + two * share) for one, two in pairs).hex()


def light(colour: str) -> float:
    """Return how light a colour is, from 0 to 1."""
    red, green, blue = bytes.fromhex(colour[1:])
    return (0.3 * red + 0.59 * green + 0.11 * blue) / 255


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
        easel.shape([(x, y), (x + way * reach * 0.5, y - 5.2), (x + way * reach, y - 6.4), (x + way * reach * 0.7, y - 1.6)], colour)
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


# --- hair ---------------------------------------------------------------------------------------------------------
def _cap_of_hair(easel: Easel, look: Look, *, low: float = 44, wide: float = 1.06, tall: float = 19.5) -> None:
    """Paint hair that sits on the top of the head and leaves the forehead free in an arch."""
    rx = 19 * look.width
    top = 47 - 23 * look.length * 0.86
    easel.half(50, low, rx * wide, low - top + 3.4, look.hair)
    easel.half(50, low + 0.2, rx * 0.86, tall * 0.52, look.skin)


def _crop(easel: Easel, look: Look) -> None:
    _cap_of_hair(easel, look, low=45)
    for side in (-1, 1):
        easel.block(50 + side * 18.3 * look.width - 1.7, 42, 50 + side * 18.3 * look.width + 1.7, 49, look.hair, round_by=1.5)


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
    easel.half(50, 46, rx * 1.1, 46 - top + 3.4, look.hair)
    easel.shape([(50, top + 5), (50 - rx * 0.9, 47), (50 - rx * 0.5, 44), (50, top + 12), (50 + rx * 0.5, 44), (50 + rx * 0.9, 47)], look.skin)


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
    easel.shape([(50 - rx * 0.82, 45.4), (50 - rx * 0.5, 37), (50 + rx * 0.25, 36), (50 + rx * 0.84, 43), (50 + rx * 0.86, 45.4)], look.skin)
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
    easel.shape([(39, top + 4), (42, top - 6.5), (47, top - 1), (51, top - 8), (54, top - 1.5), (60, top - 5.5), (61, top + 4)], look.hair)


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
