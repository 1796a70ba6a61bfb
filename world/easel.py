"""A canvas of 100 by 100 units, and what can be done with colours."""

import io

from PIL import Image, ImageDraw

INK = "#1d2822"


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

    def arc(
        self, x: float, y: float, rx: float, ry: float, turn: tuple[float, float], colour: str, width: float
    ) -> None:
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
