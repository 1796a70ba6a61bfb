"""What distinguishes one portrait from another."""

import hashlib
import random
from dataclasses import dataclass, replace

from .easel import light

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
        seed = hashlib.sha256(f"face of {handle}".encode()).digest()
        dice = random.Random(seed)  # noqa: S311  # drawings, not secrets
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
