"""E-mail: one connection for as long as there is something to send, and what came of each message."""

from contextlib import suppress
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from types import TracebackType
from typing import Any, Self

from django.core.mail import EmailMessage, get_connection

from ..outcomes import Outcome, Result
from . import provider

TAKEN = "250"
CLOSING = "421"
PERMANENT, CLOSED = 500, 421
# The system, the network or its policy, and not one mailbox (RFC 3463, 3.4, 3.5 and 3.8).
OF_THE_DOMAIN = (b"4.3", b"4.4")
# At the command that names the recipient: no mailbox, moved away without leaving an address, no name of a mailbox.
NO_MAILBOX = frozenset({550, 551, 553})
# Some servers say 550 to what they merely do not like. Enhanced codes (RFC 3463) then tell the two apart.
NOT_THE_MAILBOX = (b"5.2.2", b"5.2.3", b"5.3", b"5.4", b"5.5", b"5.6", b"5.7")


class Mailbag:
    """A connection to wherever mail goes, opened for the first message and closed at the end."""

    def __init__(self) -> None:
        self.backend: Any = get_connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(SMTPException, OSError):
            self.backend.close()

    def send(self, message: EmailMessage) -> Outcome:
        """Hand ``message`` over; say what came of it. Raises nothing that a mail server can cause."""
        try:
            self.backend.open()
        except (SMTPException, OSError) as error:
            self._drop()
            return Outcome(Result.LATER, _code(error))
        outcome = self._hand_over(message)
        if outcome.result is Result.UNCLEAR or outcome.code == CLOSING or not outcome.code.isdigit():
            self._drop()
        return outcome

    def _hand_over(self, message: EmailMessage) -> Outcome:
        try:
            self.backend.send_messages([message])
        except SMTPRecipientsRefused as error:
            [(code, text)] = error.recipients.values()
            return _refused_recipient(code, text)
        except SMTPResponseException as error:
            return Outcome(Result.REFUSED if error.smtp_code >= PERMANENT else Result.LATER, str(error.smtp_code))
        except (SMTPException, OSError) as error:
            unclear = getattr(self.backend, "is_handing_over", False)
            return Outcome(Result.UNCLEAR if unclear else Result.LATER, _code(error))
        except provider.ERRORS as error:
            return provider.outcome_of(error)
        except ValueError as error:
            return Outcome(Result.REFUSED, type(error).__name__)  # no header can hold it
        return Outcome(Result.SENT, TAKEN)

    def _drop(self) -> None:
        if hasattr(self.backend, "drop"):
            self.backend.drop()


def _refused_recipient(code: int, text: bytes) -> Outcome:
    if code < PERMANENT:
        return Outcome(Result.LATER, str(code), is_of_domain=code == CLOSED or text.lstrip().startswith(OF_THE_DOMAIN))
    is_dead = code in NO_MAILBOX and not text.lstrip().startswith(NOT_THE_MAILBOX)
    return Outcome(Result.DEAD if is_dead else Result.REFUSED, str(code))


def _code(error: Exception) -> str:
    return str(getattr(error, "smtp_code", "")) or type(error).__name__
