"""Reports that mail servers send back as mail: what did not arrive (RFC 3464), and what was called spam (RFC 5965)."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import Message

from .returned import Report, Returned

# A mailbox that is not there, or moved away (RFC 3463, 3.2).
NO_MAILBOX = re.compile(r"5\.1\.\d{1,3}\Z")
_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_OURS = re.compile(r"<([\w-]{1,100})@[^<>\s]{1,255}>")
_ADDRESS = re.compile(r"[^;\s]{1,64}@[^;\s]{1,255}")


def read(raw: bytes) -> Returned | None:
    """Return what a mail reports about one of ours; None for anything else. Raises nothing, whatever is in it."""
    try:
        return _read(message_from_bytes(raw, policy=policy.compat32))
    except RecursionError:  # parts within parts within parts
        return None


def _read(mail: Message) -> Returned | None:
    token = next(_tokens(mail), None)
    kind = str(mail.get_param("report-type", "")).lower()
    if token is None or mail.get_content_type() != "multipart/report":
        return None
    if kind == "feedback-report":
        return Returned(Report.SPAM, token) if _field(mail, "Feedback-Type").lower() == "abuse" else None
    return _not_delivered(mail, token) if kind == "delivery-status" else None


def _not_delivered(mail: Message, token: str) -> Returned | None:
    code = _CODE.search(_field(mail, "Status"))
    if _field(mail, "Action").lower() != "failed" or code is None or not code[0].startswith("5"):
        return None  # a delay, or news of an arrival
    address = _ADDRESS.search(_field(mail, "Original-Recipient") or _field(mail, "Final-Recipient"))
    report = Report.DEAD if NO_MAILBOX.match(code[0]) else Report.REFUSED
    return Returned(report, token, address[0] if address else None, code[0])


def _field(mail: Message, name: str) -> str:
    """Return a field of the part that programs read, empty if there is none."""
    found = (part.get(name) for part in mail.walk())
    return next((str(value).strip() for value in found if value is not None), "")


def _tokens(mail: Message) -> Iterator[str]:
    """Yield the tokens of mails of ours that it quotes. The first Message-ID is that of the report itself."""
    for part in list(mail.walk())[1:]:
        texts = [str(part.get("Message-ID", ""))]
        if part.get_content_type() == "text/rfc822-headers":
            texts.append(str(part.get_payload()))
        for text in texts:
            yield from _OURS.findall(text)
