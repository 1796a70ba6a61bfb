"""What became of a message that an HTTP server did not simply take, by the status of its answer."""

from http import HTTPStatus

from ..outcomes import Outcome, Result

# Somebody in between did not hear what became of it.
BETWEEN = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
NOT_NOW = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


def not_taken(status: int) -> Outcome:
    """Return what came of a message that was answered with ``status``."""
    code = str(int(status))
    if status in BETWEEN:
        return Outcome(Result.UNCLEAR, code)
    is_later = status in NOT_NOW or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Outcome(Result.LATER if is_later else Result.REFUSED, code)
