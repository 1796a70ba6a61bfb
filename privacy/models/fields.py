"""What models of the policy at work have in common: the column of an audience, and ids that tell nothing."""

import secrets
from typing import TYPE_CHECKING, Any

from django.db import models

from catalogue.vocabulary import Audience

if TYPE_CHECKING:
    _SmallNumber = models.PositiveSmallIntegerField[int, int]
else:
    _SmallNumber = models.PositiveSmallIntegerField


class AudienceField(_SmallNumber):
    """The concrete audience of one value. Only me unless its owner says otherwise."""

    is_audience = True

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("choices", Audience.choices)
        kwargs.setdefault("default", Audience.ONLY_ME)
        super().__init__(**kwargs)


MOST_DIGITS = 19  # of 63 bits


def random_number() -> int:
    """Return 63 random bits: an id that is known before its row is, and tells nobody how many others there are."""
    return secrets.randbits(63) or 1


def number_written(text: str) -> int | None:
    """Return the id that stands in an address, or None for what cannot be one."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None
