"""When to try again: soon at first, then ever more rarely, never all at the same moment, and not for ever."""

import random
from datetime import datetime, timedelta

FIRST = timedelta(seconds=30)
FACTOR = 4
LONGEST = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)
SPREAD = 0.25
MOST_STEPS = 8  # by then it is the longest anyway
_dice = random.SystemRandom()


def next_try(attempts: int, now: datetime) -> datetime:
    """Return when to try again after ``attempts`` tries in vain: up to a quarter earlier or later than planned."""
    factor: int = FACTOR ** min(max(attempts, 1) - 1, MOST_STEPS)
    planned = min(FIRST * factor, LONGEST)
    return now + planned * _dice.uniform(1 - SPREAD, 1 + SPREAD)


def scattered(moment: datetime) -> datetime:
    """Return a time shortly after ``moment``, so that not all who wait for it come at once."""
    return moment + FIRST * _dice.uniform(0, 1)


def is_too_late(created_at: datetime, now: datetime) -> bool:
    """Say whether what could not be sent so far is given up."""
    return now - created_at >= GIVE_UP_AFTER
