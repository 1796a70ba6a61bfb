"""Whether a notice may leave: one table, looked up at the moment it does.

=================  ==============================  =====================  =====================
the recipient      service, security,              product                marketing
                   incident, legal
=================  ==============================  =====================  =====================
wants it           send                            send                   send
declined           send                            drop                   drop
unconfirmed        hold; send what is bound        drop                   drop
address is dead    unreachable                     drop                   drop
juvenile           send                            send                   drop
suspended          send                            drop                   drop
=================  ==============================  =====================  =====================

Why something is dropped is written nowhere: it would tell who is a juvenile.
"""

from dataclasses import dataclass
from enum import Enum

from .notices import Category, Notice


class Verdict(Enum):
    """What becomes of a notice that is due."""

    SEND = "send"
    HOLD = "hold"
    UNREACHABLE = "unreachable"
    DROP = "drop"


@dataclass(frozen=True)
class Standing:
    """What matters of a recipient at the moment a notice leaves."""

    is_confirmed: bool = True
    is_active: bool = True
    is_juvenile: bool = False
    is_wanting: bool = True
    is_dead: bool = False


def decide(notice: Notice, standing: Standing) -> Verdict:
    """Return what becomes of ``notice`` for somebody of this ``standing``."""
    if not notice.category.is_always_sent:
        return Verdict.SEND if _may_be_sent_news(notice, standing) else Verdict.DROP
    if standing.is_dead:
        return Verdict.UNREACHABLE
    return Verdict.SEND if standing.is_confirmed or notice.bound else Verdict.HOLD


def _may_be_sent_news(notice: Notice, standing: Standing) -> bool:
    is_barred = standing.is_juvenile and notice.category == Category.MARKETING
    is_reachable = standing.is_confirmed and standing.is_active and not standing.is_dead
    return standing.is_wanting and is_reachable and not is_barred
