"""Mail that came back, or was called spam, after a mail server had taken it: what becomes of its row and its address.

A report counts only with the token of the mail, which stands in the Message-ID and which nobody can make. It tells row
and address: whoever has got a mail can report that one, once and not for long, and silences no address but their own.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from . import letters
from .channels.kinds import NOWHERE, Channel
from .gathering import go_on_with
from .models import Notification, State, Suppression
from .notices import UnknownNotice, notice_of
from .preferences import choose
from .settling import end, take_another_way
from .suppression import suppress

MOST_OF_A_CODE = 12
GONE = (State.SENT, State.UNCERTAIN)


class Report(Enum):
    """What is reported of a mail."""

    DEAD = "there is no such mailbox"
    REFUSED = "it was not taken in the end"
    SPAM = "its reader called it spam"
    DECLINED = "its reader declined it at the provider"


# A mail server gives up after five days (RFC 5321, 4.5.4.1); people read their mail later.
_SOON, _LATER = timedelta(days=7), timedelta(days=30)
BELIEVED_FOR = {Report.DEAD: _SOON, Report.REFUSED: _SOON, Report.SPAM: _LATER, Report.DECLINED: _LATER}


@dataclass(frozen=True)
class Returned:
    """A report about one mail: the token of its row, to whom it went, and a code (such as 5.1.1), never a text."""

    report: Report
    token: str
    address: str | None = None
    code: str = ""


def take_in(returned: Returned) -> bool:
    """Write down what is reported; say False if it is not to be believed."""
    if returned.report is not Report.DECLINED:
        return _take_in(returned)
    row = _believed(returned)
    if row is not None:
        _decline(row)  # outside of any transaction: who sends has to see it
        _remember(row, returned.report)
    return row is not None


@transaction.atomic
def _take_in(returned: Returned) -> bool:
    row = _believed(returned)
    if row is None:
        return False
    _about_the_address(row, returned)
    if returned.report in (Report.DEAD, Report.REFUSED):
        _about_the_row(row, returned)
    else:
        _remember(row, returned.report)
    return True


def _believed(returned: Returned) -> Notification | None:
    """Return the row that a report is about, unless it comes late, came before, or is about another address.

    The token says to which address the mail went: its reader speaks for that one and for none that came after it.
    """
    number = letters.number_sent(returned.token) or 0
    rows = Notification.objects.filter(pk=number, state__in=GONE, channel=Channel.EMAIL)
    rows = rows.filter(settled_at__gt=timezone.now() - BELIEVED_FOR[returned.report])
    row = rows.exclude(reason=returned.report.name.lower()).select_related("campaign").with_keys().first()
    return row if row is not None and _is_theirs(row, returned) else None


def _is_theirs(row: Notification, returned: Returned) -> bool:
    members: Any = get_user_model()._default_manager
    row.member = members.filter(pk=row.member_id).with_keys().first()
    address = row.member.email if row.member is not None else None
    if not isinstance(address, str) or not letters.is_known_by(returned.token, row, address):
        return False
    return returned.address is None or returned.address.strip("<> ").casefold() == address.casefold()


def _remember(row: Notification, report: Report) -> None:
    """Have the same report count once: whoever keeps one cannot take back what the member has chosen since."""
    Notification.objects.filter(pk=row.pk).update(reason=report.name.lower())


def _about_the_address(row: Notification, returned: Returned) -> None:
    address, code = str(row.member.email), returned.code[:MOST_OF_A_CODE]  # type: ignore[union-attr]
    if returned.report is Report.DEAD:
        suppress(address, Suppression.Reason.BOUNCED, code)
    elif returned.report is Report.SPAM:
        suppress(address, Suppression.Reason.COMPLAINED)


def _decline(row: Notification) -> None:
    try:
        topic = notice_of(row.notice).topic
    except UnknownNotice:
        return
    if topic is not None:
        choose(row.member, {topic: NOWHERE})


def _about_the_row(row: Notification, returned: Returned) -> None:
    """Let a row that was thought to be sent go by another way if it can, or say that it did not arrive."""
    if row.campaign_id is not None:
        go_on_with([row.campaign_id])
    reopened = Notification.objects.filter(pk=row.pk, state__in=GONE)
    if not reopened.update(state=State.QUEUED, settled_at=None, lease=None, lease_until=None, is_read=False):
        return
    row.lease, code = None, returned.code
    if returned.report is Report.REFUSED:
        end(row, State.FAILED, code)
    elif row.filled_with is None:
        end(row, State.UNREACHABLE, code)
    else:
        take_another_way(row, notice_of(row.notice), code)
