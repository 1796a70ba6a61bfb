"""Mail to members: written from the templates of ``notices/<slug>/``, sent once what it tells of is certain.

The templates of a mail are ``subject.txt``, ``body.txt`` and ``body.html``. None carries more of a person than who
reads it needs, and each says why it was sent.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from .clocks import ZoneOf

logger = logging.getLogger(__name__)

LETTERS_KEPT = timedelta(days=30)
SMTP = "django.core.mail.backends.smtp.EmailBackend"
# A mail server takes its time, and how long a page takes must not tell whether a mail was sent.
postmen = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


def link(name: str, *args: Any) -> str:
    """Return an address of ours. It comes from the settings, since whoever asks for a page names any host."""
    return settings.PUBLIC_URL + reverse(name, args=args)


def post(member: Any, slug: str, *, address: Any = None, **context: Any) -> None:
    """Write the mail ``slug`` now, to the member or to another ``address`` of theirs; send it on commit.

    Times in it are those of the member's own clock.
    """
    to = address or member.email
    if not isinstance(to, str):
        logger.error("mail %s to member %s not sent: the address cannot be opened", slug, member.pk)
        return
    with timezone.override(ZoneOf(member)):
        message = _write(to, slug, context | {"home": settings.PUBLIC_URL})
    transaction.on_commit(partial(_hand_over, message, slug, member.pk))


def _write(address: str, slug: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    subject, text, html = (
        render_to_string(f"notices/{slug}/{part}", context) for part in ("subject.txt", "body.txt", "body.html")
    )
    message = EmailMultiAlternatives(" ".join(subject.split()), text, to=[address])
    message.attach_alternative(html, "text/html")
    return message


def _hand_over(message: EmailMultiAlternatives, slug: str, member_id: int) -> None:
    if settings.EMAIL_BACKEND == SMTP:
        postmen.submit(_send, message, slug, member_id)
    else:
        _send(message, slug, member_id)


def _send(message: EmailMultiAlternatives, slug: str, member_id: int) -> None:
    """Send, and survive a mail server that will not. Its answer may quote the address, so only its kind is logged."""
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:
        logger.error("mail %s to member %s not sent: %s", slug, member_id, type(error).__name__)  # noqa: TRY400


def throw_away_letters(now: datetime) -> int:
    """Delete what lies in the folders of letters and text messages once its time is over; return how much that was."""
    return sum(_throw_away(Path(folder), now) for folder in (settings.EMAIL_FILE_PATH, settings.SMS_FOLDER) if folder)


def _throw_away(folder: Path, now: datetime) -> int:
    if not folder.is_dir():
        return 0
    before = (now - LETTERS_KEPT).timestamp()
    old = [letter for letter in folder.iterdir() if letter.is_file() and letter.stat().st_mtime <= before]
    for letter in old:
        letter.unlink(missing_ok=True)
    return len(old)
