"""Mail that came back, or was called spam, after a mail server had taken it: what becomes of its row and its address.

A report counts only with the token of the row, which stands in the Message-ID and which nobody can make: whoever forges
one silences nobody but themself. And it counts for the address of the row's member, whatever address it names.
"""

from dataclasses import dataclass
from enum import Enum

from django.contrib.auth import get_user_model
from django.db import transaction

from . import letters
from .channels.kinds import NOWHERE, Channel
from .models import Notification, State, Suppression
from .notices import UnknownNotice, notice_of
from .preferences import choose
from .settling import end, take_another_way
from .suppression import suppress

MOST_OF_A_CODE = 12


class Report(Enum):
    """What is reported of a mail."""

    DEAD = "there is no such mailbox"
    REFUSED = "it was not taken in the end"
    SPAM = "its reader called it spam"
    DECLINED = "its reader declined it at the provider"


@dataclass(frozen=True)
class Returned:
    """A report about one mail: the token of its row, to whom it went, and a code (such as 5.1.1), never a text."""

    report: Report
    token: str
    address: str | None = None
    code: str = ""


@transaction.atomic
def take_in(returned: Returned) -> bool:
    """Write down what is reported; say False if it is about none of our mails, or not about who has the address now."""
    rows = Notification.objects.select_related("campaign").filter(pk=letters.number_of(returned.token) or 0)
    row = rows.with_keys().first()
    if row is None or row.member_id is None or not _is_theirs(row, returned.address):
        return False
    _about_the_address(row, returned)
    if returned.report in (Report.DEAD, Report.REFUSED):
        _about_the_row(row, returned)
    return True


def _is_theirs(row: Notification, address: str | None) -> bool:
    """Say whether what is reported is about the address that the member has now. They may have moved since."""
    row.member = get_user_model()._default_manager.select_for_update().filter(pk=row.member_id).first()
    if row.member is None or not isinstance(row.member.email, str):
        return False
    return address is None or address.strip("<> ").casefold() == row.member.email.casefold()


def _about_the_address(row: Notification, returned: Returned) -> None:
    address, code = row.member.email, returned.code[:MOST_OF_A_CODE]  # type: ignore[union-attr]
    if returned.report is Report.DEAD:
        suppress(address, Suppression.Reason.BOUNCED, code)
    elif returned.report is Report.SPAM:
        suppress(address, Suppression.Reason.COMPLAINED)
    elif returned.report is Report.DECLINED:
        _decline(row)


def _decline(row: Notification) -> None:
    try:
        topic = notice_of(row.notice).topic
    except UnknownNotice:
        return
    if topic is not None:
        choose(row.member, {topic: NOWHERE})


def _about_the_row(row: Notification, returned: Returned) -> None:
    """Let a row that was thought to be sent go by another way if it can, or say that it did not arrive."""
    reopened = Notification.objects.filter(pk=row.pk, state=State.SENT, channel=Channel.EMAIL)
    if not reopened.update(state=State.QUEUED, settled_at=None, lease=None, lease_until=None, is_read=False):
        return
    row.lease, code = None, returned.code
    if returned.report is Report.REFUSED:
        end(row, State.FAILED, code)
    elif row.filled_with is None:
        end(row, State.UNREACHABLE, code)
    else:
        take_another_way(row, notice_of(row.notice), code)
