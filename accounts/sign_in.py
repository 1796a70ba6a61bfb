"""Signing in: by e-mail and password, telling nobody which of the two was wrong."""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password, verify_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from security import tokens
from security.guarding import may_mail, sign_in_attempt
from security.sessions import carry_over

from . import mail
from .models import Member

BACKEND = "accounts.sign_in.EmailBackend"


class EmailBackend(ModelBackend):
    """Finds a member by the blind index of their e-mail. An unknown address costs one hash as a known one does."""

    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, email: str, password: str
    ) -> Member | None:
        """Return the member if both fit and they may sign in; who only has to confirm is sent a fresh link.

        Of what comes from outside, attempts are counted: raises ``Throttled`` before the password is looked at.
        """
        member: Member | None = Member.objects.with_email(email).first()
        if request is None:
            return self._let_in(member, email, password)
        with sign_in_attempt(request, email, member) as attempt:
            found = self._let_in(member, email, password)
            attempt.succeeded = found is not None
        return found

    def _let_in(self, member: Member | None, email: str, password: str) -> Member | None:
        if member is None:
            make_password(password)
            return None
        fits, is_outdated = verify_password(password, member.password)
        if not fits:
            return None
        if self.user_can_authenticate(member):
            if is_outdated:
                renew_hash(member, password)
            return member
        if member.is_active and not member.email_verified_at and may_mail("confirm-email", email):
            send_confirmation(member)
        return None

    async def aauthenticate(self, request: HttpRequest | None, **credentials: Any) -> Member | None:  # type: ignore[override]
        return await sync_to_async(self.authenticate)(request, **credentials)

    def user_can_authenticate(self, user: Any) -> bool:
        """Let in who is confirmed and not suspended; of those who left, who can still come back."""
        if user is None or not (user.is_active and user.email_verified_at):
            return False
        return user.cancelled_at is None or Member.objects.able_to_sign_in().filter(pk=user.pk).exists()


def renew_hash(member: Member, password: str) -> None:
    """Keep the right ``password`` as passwords are kept today. Sessions go on."""
    before = member.password
    member.set_password(password)
    with transaction.atomic():
        # Not over a password that was changed at this moment.
        if Member.objects.filter(pk=member.pk, password=before).update(password=member.password):
            carry_over(member)


def send_confirmation(member: Member) -> None:
    """Mail a fresh link that confirms the address; older links open nothing any more."""
    mail.confirm_address(member, tokens.issue(member, tokens.VERIFY_EMAIL))


class WrongPassword(Exception):
    """Who holds the link is not who chose the password."""


def waiting(token: str) -> Member | None:
    """Return whose address ``token`` would confirm. It opens nothing for who is confirmed already, or suspended."""
    member = tokens.find(token, tokens.VERIFY_EMAIL)
    return member if member and member.is_active and member.email_verified_at is None else None


def confirm_address(token: str, password: str) -> Member | None:
    """Confirm the address that ``token`` was mailed to, once. Return whose it is; None if the link opens nothing.

    The password shows that who reads the mail is also who joined: anybody can join with the address of somebody else.
    Raises ``WrongPassword``, and the link stays whole for a handful of tries.
    """
    member = waiting(token)
    if member is None:
        return None
    return _confirm(token) if shows(member, password, token, tokens.VERIFY_EMAIL) else None


def shows(member: Member, password: str, token: str, purpose: str) -> bool:
    """Say whether ``password`` shows that who holds a link is the member it was mailed for.

    Raises ``WrongPassword`` for a handful of tries; after them the link opens nothing any more.
    """
    left = tokens.count_try(token, purpose)
    if left >= 0 and member.check_password(password):
        return True
    if left > 0:
        raise WrongPassword
    tokens.kill(token, purpose)
    return False


@transaction.atomic
def _confirm(token: str) -> Member | None:
    member = tokens.redeem(token, tokens.VERIFY_EMAIL)
    return member if member and mark_confirmed(member) else None


def mark_confirmed(member: Member) -> bool:
    """Record that somebody read what we mailed to ``member``; False if they are gone in the meantime.

    No link to confirm outlives that.
    """
    tokens.withdraw(member, tokens.VERIFY_EMAIL)
    member.email_verified_at = member.email_verified_at or timezone.now()
    return bool(Member.objects.filter(pk=member.pk).update(email_verified_at=member.email_verified_at))
