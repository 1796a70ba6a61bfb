"""Text messages: handed to a gateway, or kept in a folder of a development site.

Where there is neither, nothing that needs one is offered.

The gateway is told number and text as JSON, with name and password in the header of basic authentication.
"""

import base64
import json
import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

logger = logging.getLogger(__name__)

# A gateway takes its time, and no page waits for it.
postmen = ThreadPoolExecutor(max_workers=2, thread_name_prefix="text message")
SECONDS = 10
ENDING = ".json"


class Refused(Exception):
    """The gateway did not take it."""


def is_offered() -> bool:
    """Say whether text messages can be sent from here."""
    return bool(settings.SMS_URL or settings.SMS_FOLDER)


def send(member: Any, number: str, text: str) -> None:
    """Send ``text`` to ``number`` of ``member`` once what it tells of is certain. No page waits for it."""
    if settings.SMS_URL:
        transaction.on_commit(partial(postmen.submit, _hand_over, number, text, member.pk))
    elif settings.SMS_FOLDER:
        transaction.on_commit(partial(_keep, settings.SMS_FOLDER, number, text))


def _hand_over(number: str, text: str, member_id: int) -> None:
    """Give it to the gateway, and survive one that will not take it: what it answers may quote the number."""
    try:
        _post(json.dumps({"to": number, "text": text}).encode())
    except (OSError, HTTPException, Refused) as error:
        logger.error("text message to member %s not sent: %s", member_id, type(error).__name__)  # noqa: TRY400


def _post(body: bytes) -> None:
    parts = urlsplit(settings.SMS_URL)
    name = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {base64.b64encode(name.encode()).decode()}"}
    gateway = HTTPSConnection(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        gateway.request("POST", parts.path or "/", body, headers)
        if gateway.getresponse().status >= HTTPStatus.MULTIPLE_CHOICES:
            raise Refused
    finally:
        gateway.close()


def _keep(folder: Path, number: str, text: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = timezone.now()
    path = folder / f"{now:%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}{ENDING}"
    path.write_text(json.dumps({"to": number, "text": text, "sent": now.isoformat()}), encoding="utf-8")
