"""What came of handing a message to a provider over HTTP (django-anymail)."""

from http import HTTPStatus

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from requests import ConnectionError as NotConnected, ConnectTimeout, ReadTimeout

from ..outcomes import Outcome, Result

ERRORS = (AnymailError,)
NOT_NOW = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


def outcome_of(error: AnymailError) -> Outcome:
    """Return what came of it. What the provider said is not kept: it may quote the address."""
    if isinstance(error, AnymailRecipientsRefused):
        return Outcome(Result.DEAD, "refused")
    status = getattr(error, "status_code", None)
    if status is not None:
        is_later = status in NOT_NOW or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return Outcome(Result.LATER if is_later else Result.REFUSED, str(int(status)))
    cause = error.__cause__
    never_began = isinstance(cause, (ConnectTimeout, NotConnected)) and not isinstance(cause, ReadTimeout)
    if isinstance(error, AnymailAPIError) and cause is not None and not never_began:
        return Outcome(Result.UNCLEAR, type(cause).__name__)
    return Outcome(Result.LATER if never_began else Result.REFUSED, type(cause or error).__name__)
