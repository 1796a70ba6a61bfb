"""How often somebody may be reported as a child: few times from one network, fewer by one member."""

from datetime import timedelta

from security.allowances import Limit, Share, take_all
from security.guarding import region_of
from security.observing import Observation

from . import age_cases
from .age_cases import Teller
from .models import Member

BY_MEMBER = Limit("report of a child: member", 5, timedelta(hours=4))
NETWORK = Limit("report of a child: network", 10, timedelta(minutes=30))
REGION = Limit("report of a child: region", 200, timedelta(minutes=1))


def report(member: Member, words: str, *, by: Member | None, seen: Observation) -> None:
    """Report ``member`` as a child, ``by`` a member or by a visitor. Raises ``Throttled``.

    What is counted, and what is answered, is the same whoever is reported, and however often they were.
    """
    network = seen.network or ""
    shares = (Share(REGION, (region_of(network),)), Share(NETWORK, (network,)))
    take_all(*shares, *([Share(BY_MEMBER, (by.pk,))] if by else []))
    age_cases.tell(member, words, teller=Teller.MEMBER if by else Teller.VISITOR)
