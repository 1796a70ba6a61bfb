"""How a recipient stands at the moment a notice leaves. Who is a juvenile is for a storey above to say."""

from collections.abc import Callable
from typing import Any

from . import preferences
from .deciding import Standing
from .notices import Category, Notice
from .suppression import RESTS, RESTS_FROM_WHAT_IS_ASKED_FOR, is_suppressed

_juveniles: list[Callable[[Any], bool]] = []


def register_juveniles(is_juvenile: Callable[[Any], bool]) -> None:
    """Have ``is_juvenile(member)`` asked. As long as nobody says, everybody counts as one."""
    _juveniles[:] = [is_juvenile]


def standing(member: Any, address: str, notice: Notice) -> Standing:
    """Return how ``member`` stands now, as far as it matters for ``notice`` to ``address``."""
    return Standing(
        is_confirmed=member.email_verified_at is not None,
        is_active=member.is_active,
        is_juvenile=notice.category == Category.MARKETING and all(is_juvenile(member) for is_juvenile in _juveniles),
        is_wanting=notice.topic is None or preferences.wants(member, notice.topic),
        is_dead=is_suppressed(address, rests=RESTS_FROM_WHAT_IS_ASKED_FOR if notice.bound else RESTS),
    )
