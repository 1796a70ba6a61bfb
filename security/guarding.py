"""How often passwords and addresses may be tried, and who gets through although others try.

Attempts are counted against the network they come from and the address they are about, whether anybody signs in with
it or not. Whoever tries thousands of passwords on an account uses up the allowance of its address; its owner signs in
with a browser that has an allowance of its own, because they have signed in with it before.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest

from . import events
from .allowances import Limit, Share, Throttled, give_all_back, take, take_all
from .browsers import known_browser
from .discretion import even_time
from .observing import network_of, observe

# NIST SP 800-63B (5.2.2) stops at a hundred wrong passwords in a row for one account; this is about as many a day.
SIGN_IN_ADDRESS = Limit("sign-in: address", 10, timedelta(minutes=15))
SIGN_IN_BROWSER = Limit("sign-in: browser", 10, timedelta(minutes=5))
SIGN_IN_NETWORK = Limit("sign-in: network", 50, timedelta(seconds=30))
SIGN_IN_REGION = Limit("sign-in: region", 1000, timedelta(seconds=2))
ALERTS = Limit("alert of many failures", 1, timedelta(days=1))
# Forms that send a mail to whatever address is typed.
ASKING_NETWORK = Limit("asking for mail: network", 20, timedelta(minutes=5))
ASKING_REGION = Limit("asking for mail: region", 400, timedelta(seconds=15))
MAILS = Limit("mail to an address", 3, timedelta(hours=2))

# A region is what one provider may have, so that nobody gets on by hopping from one neighbourhood to the next.
REGION_BITS = {4: 16, 6: 32}
NOBODY = SimpleNamespace(pk=0)
LET_THROUGH = "let-through"  # the key under which a session says whose mailed link was opened in it
LET_THROUGH_SECONDS = int(timedelta(minutes=15).total_seconds())
A_MOMENT = timedelta(minutes=1)  # at most, from the event of a new password to the note in the session


class Attempt:
    """One attempt to sign in, until it is known how it ends."""

    succeeded = False


@contextmanager
def sign_in_attempt(request: HttpRequest, email: str, member: Any) -> Iterator[Attempt]:
    """Count an attempt to sign in with ``email`` before the password is looked at; give it back if it ``succeeded``.

    ``member`` is who signs in with that address, if anybody. Raises ``Throttled``, and the member is told, once a day.
    """
    personal = _personal_share(request, email, member)
    shares: tuple[Share, ...] = (personal,)
    if personal.limit is SIGN_IN_ADDRESS:
        shares = (*_networks(request, SIGN_IN_REGION, SIGN_IN_NETWORK), personal)
    try:
        take_all(*shares)
    except Throttled as refused:
        if refused.share is personal:
            _alert(request, email, member)
        raise
    attempt = Attempt()
    yield attempt
    if attempt.succeeded:
        give_all_back(*shares)


def count_request_for_mail(request: HttpRequest, what: str, email: str) -> bool:
    """Count that a mail ``what`` is asked for to ``email``, a member's or not; say whether to send it.

    Raises ``Throttled`` where the network asks too often. That the address was asked about often is to be kept from
    whoever asks: it would tell them what somebody else did here of late. Nothing is sent then; the page is the same.
    """
    take_all(*_networks(request, ASKING_REGION, ASKING_NETWORK))
    return may_mail(what, email)


def may_mail(what: str, email: str) -> bool:
    """Count a mail to an address, a member's or not; say whether there is room for it."""
    return take(MAILS, what, email) is None


def let_through(request: HttpRequest, member: Any) -> None:
    """Let ``member`` sign in with this browser in a while although others try: they opened a link that was mailed."""
    request.session[LET_THROUGH] = {"member": str(member.pk), "since": int(time.time())}


def password_set_at(request: HttpRequest, member: Any) -> datetime | None:
    """Return since when ``member`` has had a password that was set in this browser by a mailed link; None if not so."""
    if not _was_let_through(request, member):
        return None
    return datetime.fromtimestamp(request.session[LET_THROUGH]["since"], UTC) - A_MOMENT


def _personal_share(request: HttpRequest, email: str, member: Any) -> Share:
    """Return the allowance of a browser that is known, else that of the address. The same is asked for nobody."""
    somebody = member or NOBODY
    browser = known_browser(request, somebody)
    if browser is not None:
        return Share(SIGN_IN_BROWSER, (somebody.pk, browser.pk))
    if _was_let_through(request, somebody):
        return Share(SIGN_IN_BROWSER, (somebody.pk, "mailed link"))
    return Share(SIGN_IN_ADDRESS, (email,))


def _was_let_through(request: HttpRequest, member: Any) -> bool:
    opened = request.session.get(LET_THROUGH, {"member": "", "since": 0})
    return bool(opened["member"] == str(member.pk) and time.time() - opened["since"] < LET_THROUGH_SECONDS)


def _networks(request: HttpRequest, wide: Limit, narrow: Limit) -> tuple[Share, ...]:
    """Return the shares of the networks a request comes from. Whose address is unknown shares one with their like."""
    network = network_of(request.META.get("REMOTE_ADDR", "")) or ""
    return Share(wide, (region_of(network),)), Share(narrow, (network,))


def region_of(network: str) -> str:
    """Return the wider network around a shortened one: /16 of IPv4, /32 of IPv6."""
    if not network:
        return ""
    found = ip_network(network)
    return str(found.supernet(new_prefix=REGION_BITS[found.version]))


def _alert(request: HttpRequest, email: str, member: Any) -> None:
    """Tell the member, if there is one, once a day. That takes as long for an address that nobody signs in with."""
    if take(ALERTS, email) is not None:
        return
    with even_time():
        if member is not None and member.is_active and member.email_verified_at:
            events.alert_of_failures(member, observe(request))
