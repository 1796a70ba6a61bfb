"""Text messages: handed to a gateway, or kept in a folder of a development site.

The gateway is told number, text and a word that stays the same when it is told again, as JSON, with name and password
in the header of basic authentication.
"""

import base64
import json
import secrets
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.utils import timezone

from ..letters import TextMessage
from ..outcomes import Outcome, Result
from .statuses import not_taken

SECONDS = 10
ENDING = ".json"


class Backend(Protocol):
    """Whatever carries text messages."""

    def send(self, message: TextMessage) -> Outcome:
        """Hand ``message`` over; say what came of it. Raises nothing that a gateway can cause."""


def is_offered() -> bool:
    """Say whether text messages can be sent from here."""
    return bool(settings.SMS_URL or settings.SMS_FOLDER)


def send(message: TextMessage) -> Outcome:
    """Hand ``message`` to whatever carries text messages here; say what came of it."""
    backend = _backend()
    return backend.send(message) if backend else Outcome(Result.REFUSED, "no gateway")


def _backend() -> Backend | None:
    if settings.SMS_URL:
        return Gateway()
    return Folder() if settings.SMS_FOLDER else None


class Gateway:
    """Sends through an HTTP gateway, at the address of ``SMS_URL``."""

    def send(self, message: TextMessage) -> Outcome:
        """Hand ``message`` over. What the gateway answers is not kept: it may quote the number."""
        parts = urlsplit(settings.SMS_URL)
        gateway = HTTPSConnection(parts.hostname or "", parts.port, timeout=SECONDS)
        try:
            gateway.connect()
        except (OSError, HTTPException) as error:
            return Outcome(Result.LATER, type(error).__name__)
        try:
            path = f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}"
            gateway.request("POST", path, _body(message), _headers(parts, message))
            return _outcome(gateway.getresponse().status)
        except (OSError, HTTPException) as error:
            return Outcome(Result.UNCLEAR, type(error).__name__)
        finally:
            gateway.close()


class Folder:
    """Keeps text messages in a folder, for the page of a development site."""

    def send(self, message: TextMessage) -> Outcome:
        """Write ``message`` into a file of its own."""
        folder, now = Path(settings.SMS_FOLDER or ""), timezone.now()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = {"to": message.number, "text": message.text, "sent": now.isoformat()}
        path = folder / f"{now:%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}{ENDING}"
        path.write_text(json.dumps(kept), encoding="utf-8")
        return Outcome(Result.SENT)


def _body(message: TextMessage) -> bytes:
    return json.dumps({"to": message.number, "text": message.text, "id": message.key}).encode()


def _headers(parts: SplitResult, message: TextMessage) -> dict[str, str]:
    name = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return {
        "Content-Type": "application/json",
        "Authorization": f"Basic {base64.b64encode(name.encode()).decode()}",
        "Idempotency-Key": message.key,
    }


def _outcome(status: int) -> Outcome:
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome(Result.SENT)
    if status == HTTPStatus.GONE:  # nobody has the number; 404 is a wrong address of the gateway itself
        return Outcome(Result.DEAD, str(status))
    return not_taken(status)
