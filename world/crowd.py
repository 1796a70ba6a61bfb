"""A crowd: any number of invented members, the same for the same seed.

Nobody is kept in memory: who somebody is, and who their friends are, is worked out from their number.
"""

import hashlib
import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

SOCIABLE = 10  # every tenth member has friends, about fifty
NEAR, FAR, REACH = 10, 15, 5_000
WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Crowd:
    """``size`` members who follow from ``seed``."""

    size: int
    seed: int

    def handle(self, number: int) -> str:
        return f"c{self.seed}_{number}"

    def id_of(self, number: int) -> int:
        """Return the id of a member, worked out from their number."""
        digest = hashlib.blake2b(f"crowd {self.seed}: {number}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) >> 1 or 1

    def dice(self, number: int, what: str) -> random.Random:
        return random.Random(f"{self.seed} {number} {what}")  # noqa: S311  # invented people, not secrets

    def values(self, number: int) -> dict[str, Any]:
        """Return what a member tells of themself, by field."""
        dice = self.dice(number, "values")
        pick = dice.choice
        city, country = pick(WORDS["cities"])
        first, last = pick(WORDS["first"]), pick(WORDS["last"])
        interests = dice.sample(WORDS["interests"], 3)
        year = 2010 if number % 25 == 7 else 1940 + int(dice.random() * 66)
        return {
            "display_name": f"{first} {last}",
            "bio": f"{first} from {city}. Mostly {interests[0]} and {interests[1]}.",
            "website": f"https://{self.handle(number).replace('_', '-')}.example/",
            "pronouns": pick(WORDS["pronouns"]),
            "city": city,
            "country": country,
            "employer": pick(WORDS["employers"]),
            "school": pick(WORDS["schools"]),
            "interests": interests,
            "birth_date": date(year, 1 + number % 12, 1 + number % 28),
            "phone": f"+44 7700 900{number % 1000:03d}",
            "postal_address": f"{1 + number % 200} {last} Lane\n{city}",
        }

    def friends_before(self, number: int) -> list[int]:
        """Return the numbers of those friends who come before: about half of all friends."""
        if number % SOCIABLE:
            return []
        place = number // SOCIABLE
        dice = self.dice(number, "friends")
        near = range(max(0, place - NEAR), place)
        far = range(max(0, place - REACH), near.start)
        return [SOCIABLE * other for other in (*near, *dice.sample(far, min(FAR, len(far))))]

    def has_circle(self, number: int) -> bool:
        """Say whether a member shows their city to a circle: every second who has friends."""
        return number % (2 * SOCIABLE) == 0 and number > 0

    def batches(self, size: int) -> Iterator[range]:
        for start in range(0, self.size, size):
            yield range(start, min(start + size, self.size))
