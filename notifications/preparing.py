"""The last look at a row before it leaves: whether it still may, where to, and what is written."""

import logging
from datetime import timedelta

from django.core.mail import EmailMessage
from django.db import DatabaseError
from django.utils import timezone

from . import backoff, letters
from .channels.kinds import Channel
from .deciding import Standing, Verdict, decide, stands_on_site
from .letters import TextMessage, Writer
from .looking import Looks
from .models import Notification, State
from .notices import Notice
from .recipients import address_of
from .settling import TOO_LATE, end, hold, take_another_way

logger = logging.getLogger(__name__)

HELD = timedelta(hours=1)
TAKES_NOTHING = "known to take nothing"
Message = EmailMessage | TextMessage


def prepare(row: Notification, notice: Notice, looks: Looks, writer: Writer) -> Message | None:
    """Return the message of a row; settle the row and return None where it is not to be sent now.

    Raises what the database raises: the row is taken up again then.
    """
    try:
        return _looked_at(row, notice, looks, writer)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, it holds up none of the others
        logger.error("notice %s, row %s cannot be sent: %s", row.notice, row.pk, type(error).__name__)  # noqa: TRY400
        end(row, State.FAILED, "cannot be written")
        return None


def _looked_at(row: Notification, notice: Notice, looks: Looks, writer: Writer) -> Message | None:
    if not row.has_recipient:
        end(row, State.ERASED)
        return None
    if row.channel == Channel.SITE:
        _leave_on_site(row, notice, looks)
        return None
    address = address_of(row, notice, row.channel)
    if row.expires_at is not None and row.expires_at <= timezone.now():
        end(row, State.FAILED, TOO_LATE)
    elif row.channel == Channel.SMS and address is None:
        take_another_way(row, notice, "no number any more")
    elif not isinstance(address, str) or row.filled_with is None:
        end(row, State.FAILED, "cannot be opened")
    elif row.channel == Channel.EMAIL and (until := looks.rests_until(address, timezone.now())):
        hold(row, "domain rests", backoff.scattered(until))
    else:
        return _unless_it_stays(row, notice, address, looks.standing(row.member, address, notice, row.channel), writer)
    return None


def _leave_on_site(row: Notification, notice: Notice, looks: Looks) -> None:
    """Have a row that goes nowhere else stand on the site, if it is wanted there."""
    row.is_on_site = notice.category.is_always_sent or Channel.SITE in looks.wants(row.member, notice)
    end(row, State.SENT if row.is_on_site else State.SUPPRESSED)


def _unless_it_stays(
    row: Notification, notice: Notice, address: str, stands: Standing, writer: Writer
) -> Message | None:
    verdict = decide(notice, stands)
    row.is_on_site = row.is_on_site or (verdict in (Verdict.SEND, Verdict.SITE) and stands_on_site(notice, stands))
    if verdict is Verdict.SEND:
        write = letters.write_short if row.channel == Channel.SMS else writer.write
        return write(row, notice, address)
    if verdict is Verdict.HOLD:
        hold(row, "unconfirmed address", timezone.now() + HELD)
    elif verdict is Verdict.UNREACHABLE:
        take_another_way(row, notice, TAKES_NOTHING)
    elif verdict is Verdict.SITE:
        row.channel = Channel.SITE
        end(row, State.SENT)
    else:
        end(row, State.SUPPRESSED)
    return None
