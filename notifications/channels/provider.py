"""What came of handing a message to a provider over HTTP (django-anymail)."""

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from requests import ConnectionError as NotConnected, ConnectTimeout
from urllib3.exceptions import NewConnectionError

from ..outcomes import Outcome, Result
from .statuses import not_taken

ERRORS = (AnymailError,)


def outcome_of(error: AnymailError) -> Outcome:
    """Return what came of it. What the provider said is not kept: it may quote the address."""
    if isinstance(error, AnymailRecipientsRefused):
        return Outcome(Result.DEAD, "refused")
    status = getattr(error, "status_code", None)
    if status is not None:
        return not_taken(status)
    cause = error.__cause__
    if isinstance(error, AnymailAPIError) and cause is not None and not _never_began(cause):
        return Outcome(Result.UNCLEAR, type(cause).__name__)
    return Outcome(Result.REFUSED if cause is None else Result.LATER, type(cause or error).__name__)


def _never_began(cause: BaseException) -> bool:
    """Say whether there was no connection at all. One that broke may have carried the whole message."""
    if isinstance(cause, ConnectTimeout):
        return True
    told = cause.args[0] if isinstance(cause, NotConnected) and cause.args else None
    return isinstance(getattr(told, "reason", None), NewConnectionError)
