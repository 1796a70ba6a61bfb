"""Links that are mailed: each opens one door, once, for a while."""

import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from .allowances import Limit, left, take
from .models import Event, Token

VERIFY_EMAIL = "verify-email"
RESET_PASSWORD = "reset-password"  # noqa: S105  # the name of a purpose
CHANGE_EMAIL = "change-email"
STOP_EMAIL = "stop-email"
NOT_ME = "not-me"
NEW_PASSWORD = "new-password"  # noqa: S105  # for who said from a session that it was not them; it is not mailed
KEEP_ACCOUNT = "keep-account"
MOST_TRIES = 5


@transaction.atomic
def issue(member: Any, purpose: str, *, event: Event | None = None) -> str:
    """Return a new token of ``purpose``; earlier ones of the same purpose (and event) open nothing any more.

    It is to be mailed and forgotten: what stays here is its digest.
    """
    token = secrets.token_urlsafe(32)
    Token.objects.filter(member=member, purpose=purpose, event=event).delete()
    expires_at = timezone.now() + settings.TOKEN_LIFETIMES[purpose]
    Token.objects.create(digest=digest(token), member=member, purpose=purpose, event=event, expires_at=expires_at)
    return token


def event_of(token: str, purpose: str) -> Event | None:
    """Return the event that an unexpired token was mailed about."""
    row = _unexpired(token, purpose).select_related("event__member").first()
    return row.event if row else None


def find(token: str, purpose: str) -> Any:
    """Return whose unexpired token this is, and leave it whole."""
    row = _unexpired(token, purpose).select_related("member").first()
    return row.member if row else None


@transaction.atomic
def redeem(token: str, purpose: str) -> Any:
    """Use up a token and return whose it was; None if it is unknown, expired, used, or somebody else is faster."""
    member = find(token, purpose)
    # One conditional DELETE decides between two who redeem at once: the database counts one row for one of them.
    deleted, _ = _unexpired(token, purpose).delete()
    return member if deleted else None


def count_try(token: str, purpose: str) -> int:
    """Count one more password tried with a token and return how many are left; below zero it was one too many.

    To be called before the password is looked at, so that many tries at once are no more than one after another.
    """
    tries = Limit(f"tries with {purpose}", MOST_TRIES, settings.TOKEN_LIFETIMES[purpose])
    return -1 if take(tries, digest(token)) else left(tries, digest(token))


def kill(token: str, purpose: str) -> None:
    """Make one token worthless."""
    _unexpired(token, purpose).delete()


def withdraw(member: Any, purpose: str) -> None:
    """Make every token of ``purpose`` worthless."""
    Token.objects.filter(member=member, purpose=purpose).delete()


def digest(token: str) -> str:
    """Return what is stored of a token. It has 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _unexpired(token: str, purpose: str) -> "models.QuerySet[Token]":
    return Token.objects.filter(digest=digest(token), purpose=purpose, expires_at__gt=timezone.now())
