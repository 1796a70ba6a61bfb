"""Django's backend for mail servers, which knows whether a message may have been taken when a connection breaks."""

import smtplib
from typing import Any

from django.core.mail.backends.smtp import EmailBackend


class _Remembering(smtplib.SMTP):
    """Remembers that a message is being handed over and has not been answered yet."""

    is_handing_over = False

    def data(self, msg: Any) -> Any:
        """Hand the message over (RFC 5321, 4.1.1.4). Whoever does not come back from here leaves the mark."""
        self.is_handing_over = True
        try:
            answer = super().data(msg)
        except smtplib.SMTPDataError:
            self.is_handing_over = False  # an answer, if not the one that was hoped for
            raise
        self.is_handing_over = False
        return answer


class _RememberingOverTls(_Remembering, smtplib.SMTP_SSL):
    pass


class SmtpBackend(EmailBackend):
    """Sends through a mail server, over one connection for as long as it is kept open."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _RememberingOverTls if self.use_ssl else _Remembering

    @property
    def is_handing_over(self) -> bool:
        """Say whether a message was on its way when the last error came."""
        return bool(getattr(self.connection, "is_handing_over", False))

    def drop(self) -> None:
        """Let go of a connection that went wrong, without waiting for a last word."""
        for name in ("connection", "_partial_connection"):
            broken = getattr(self, name)
            if broken is not None:
                broken.close()
            setattr(self, name, None)
