"""Every mail about an account, one function each. None carries a personal value; each says why it was sent.

The templates of a mail lie in ``notices/<slug>/``: ``subject.txt``, ``body.txt`` and ``body.html``.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from .models import Member

logger = logging.getLogger(__name__)

SMTP = "django.core.mail.backends.smtp.EmailBackend"
# A mail server takes its time, and how long a page takes must not tell whether a mail was sent.
postmen = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


def confirm_address(member: Member, token: str) -> None:
    """Mail the link that confirms the address."""
    # Not when the link itself expires: on this day the unconfirmed account goes, and the link with it.
    until = member.joined_at + settings.TOKEN_LIFETIMES["verify-email"]
    _post(member, "confirm-email", link=_link("accounts:confirm-email", token), until=until)


def already_a_member(member: Member) -> None:
    """Tell the address, and only the address, that somebody wanted to join with it again."""
    _post(member, "already-a-member", link=_link("accounts:sign-in"), reset_link=_link("accounts:password-reset"))


def reset_password(member: Member, token: str) -> None:
    """Mail the link under which a new password is set."""
    minutes = settings.TOKEN_LIFETIMES["reset-password"].total_seconds() / 60
    _post(member, "reset-password", link=_link("accounts:password-reset-confirm", token), hours=round(minutes / 60))


def password_was_changed(member: Member) -> None:
    """Tell that the password is another one now, in case it was somebody else's doing."""
    _post(member, "password-changed", link=_link("accounts:password-reset"), when=timezone.now())


def _link(name: str, *args: str) -> str:
    """Return an address of ours. It comes from the settings, since whoever asks for a page names any host."""
    return settings.PUBLIC_URL + reverse(name, args=args)


def _post(member: Member, slug: str, **context: Any) -> None:
    """Write the mail now; send it once what it tells of is certain."""
    address = member.email
    if not isinstance(address, str):
        logger.error("mail %s to member %s not sent: the address cannot be opened", slug, member.pk)
        return
    message = _write(address, slug, context | {"home": settings.PUBLIC_URL})
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
