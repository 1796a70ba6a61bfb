"""Whether a notice may leave: one table, looked up at the moment it does.

=================  ==============================  =====================  =====================
the recipient      service, security,              product                marketing
                   incident, legal
=================  ==============================  =====================  =====================
wants it           send                            send                   send
wants no mail      send                            on the site            on the site
declined           send                            drop                   drop
unconfirmed        hold; send what is bound        drop                   drop
address is dead    another way, or the site        on the site            on the site
complained         send                            on the site            on the site
juvenile           send                            send                   drop
suspended          send                            drop                   drop
cancelled          send                            drop                   drop
erased             drop                            drop                   drop
=================  ==============================  =====================  =====================

*On the site* only who has not declined that too. Why something is dropped is written nowhere: it would tell who is a
juvenile.
"""

from dataclasses import dataclass
from enum import Enum

from .channels.kinds import EVERYWHERE, Channel
from .notices import Category, Notice


class Verdict(Enum):
    """What becomes of a notice that is due."""

    SEND = "send"
    HOLD = "hold"
    SITE = "site"
    UNREACHABLE = "unreachable"
    DROP = "drop"


@dataclass(frozen=True)
class Standing:
    """What matters of a recipient at the moment a notice leaves."""

    is_confirmed: bool = True
    is_active: bool = True
    has_cancelled: bool = False
    is_juvenile: bool = False
    wants: frozenset[Channel] = EVERYWHERE
    is_dead: bool = False
    has_complained: bool = False


def decide(notice: Notice, standing: Standing) -> Verdict:
    """Return what becomes of ``notice`` for somebody of this ``standing``."""
    if not notice.category.is_always_sent:
        return _decide_news(notice, standing)
    if standing.is_dead:
        return Verdict.UNREACHABLE
    return Verdict.SEND if standing.is_confirmed or notice.bound else Verdict.HOLD


def _decide_news(notice: Notice, standing: Standing) -> Verdict:
    is_barred = standing.is_juvenile and notice.category == Category.MARKETING
    if is_barred or not standing.is_confirmed or not standing.is_active or standing.has_cancelled:
        return Verdict.DROP
    if Channel.EMAIL in standing.wants and not standing.is_dead and not standing.has_complained:
        return Verdict.SEND
    return Verdict.SITE if stands_on_site(notice, standing) else Verdict.DROP


def stands_on_site(notice: Notice, standing: Standing) -> bool:
    """Say whether ``notice``, if it is sent, stands on the site too."""
    return notice.is_on_site and Channel.SITE in standing.wants
