"""Django's backend for mail servers, which knows whether a message may have been taken when a connection breaks."""

import io
import re
import smtplib
import time
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

TAKEN, CLOSING = 250, 421
NAMED, GO_ON = (250, 251), (354,)
# The line that ends a message is a single point (RFC 5321, 4.5.2).
# Seconds for opening a connection, and for a message: both together are less than the lease of a row.
LONGEST = 25.0
STARTING_POINT = re.compile(rb"(?m)^\.")


class _Patient(io.RawIOBase):
    """What a server says, read for as long as there is time left."""

    def __init__(self, connection: "_Remembering") -> None:
        self.connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        connection, sock = self.connection, self.connection.sock
        if sock is None:
            return 0
        sock.settimeout(min(connection.time_left(), connection.timeout))
        return sock.recv_into(buffer)


class _Remembering(smtplib.SMTP):
    """Remembers that a message is being handed over and has not been answered yet, and waits only so long.

    Where the server takes commands together (RFC 2920), it asks for one answer instead of three before a message.
    """

    is_handing_over = False
    _held: list[bytes] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._begin()
        super().__init__(*args, **kwargs)

    def _begin(self) -> None:
        self.ends = time.monotonic() + LONGEST

    def time_left(self) -> float:
        """Return for how many seconds the server is waited for. Raises TimeoutError once there are none."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def getreply(self) -> tuple[int, bytes]:
        """Read an answer. However slowly it comes, all of them together take no longer than they may."""
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Patient(self))
        return super().getreply()

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

    def sendmail(
        self, from_addr: str, to_addrs: Any, msg: Any, mail_options: Any = (), rcpt_options: Any = ()
    ) -> dict[str, tuple[int, bytes]]:
        """Mail ``msg``, bytes that end their lines with CR LF. Raises what ``smtplib.SMTP.sendmail`` does."""
        self._begin()
        self.ehlo_or_helo_if_needed()
        if not self.has_extn("pipelining") or len(to_addrs) != 1 or mail_options or rcpt_options:
            return super().sendmail(from_addr, to_addrs, msg, mail_options, rcpt_options)
        self._ask_together(from_addr, to_addrs[0], msg)
        self.is_handing_over = True
        code, text = self._say_all(msg)
        self.is_handing_over = False
        if code != TAKEN:
            self._begin_anew(code)
            raise smtplib.SMTPDataError(code, text)
        return {}

    def send(self, s: Any) -> None:
        """Send ``s``, or keep it while commands are put together."""
        if self._held is None:
            if self.sock is not None:
                self.sock.settimeout(min(self.time_left(), self.timeout))
            super().send(s)
        else:
            self._held.append(s.encode(self.command_encoding) if isinstance(s, str) else s)

    def _ask_together(self, sender: str, recipient: str, msg: bytes) -> None:
        """Have the server ready for a message. Raises what it refuses."""
        size = f" size={len(msg)}" if self.has_extn("size") else ""
        self._held = []
        try:
            self.putcmd("mail", f"FROM:{smtplib.quoteaddr(sender)}{size}")
            self.putcmd("rcpt", f"TO:{smtplib.quoteaddr(recipient)}")
            self.putcmd("data")
        finally:
            commands, self._held = b"".join(self._held), None
        self.send(commands)
        self._read_answers(sender, recipient)

    def _read_answers(self, sender: str, recipient: str) -> None:
        refused: Exception | None = None
        for good, refusal in (
            (NAMED, lambda code, text: smtplib.SMTPSenderRefused(code, text, sender)),
            (NAMED, lambda code, text: smtplib.SMTPRecipientsRefused({recipient: (code, text)})),
            (GO_ON, smtplib.SMTPDataError),
        ):
            code, text = self.getreply()
            if code not in good:
                refused = refused or refusal(code, text)
            if code == CLOSING and refused:  # no other answer comes
                break
        if refused is None:
            return
        if code in GO_ON:
            self._say_all(b"")  # to nobody (RFC 2920, 3.1)
        self._begin_anew(code)
        raise refused

    def _say_all(self, msg: bytes) -> tuple[int, bytes]:
        end = b"" if msg.endswith(b"\r\n") or not msg else b"\r\n"
        self.send(STARTING_POINT.sub(b"..", msg) + end + b".\r\n")
        return self.getreply()

    def _begin_anew(self, code: int) -> None:
        if code == CLOSING:
            self.close()
        else:
            self._rset()  # type: ignore[attr-defined]


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
