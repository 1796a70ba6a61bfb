"""The forms of signing in and of passwords."""

import time
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy as _

from security.allowances import Throttled
from security.discretion import even_out
from security.waiting import in_words

from ..models import Member
from ..passwords import MAX_LENGTH, check_new_password
from . import AccessibleForm

TOO_LONG = _("%(limit_value)d characters at most.")


def email_field(autocomplete: str) -> forms.EmailField:
    """Return the field for one's own address."""
    attrs = {"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}
    messages = {
        "required": _("Type your e-mail address."),
        "invalid": _("This does not read like an e-mail address. One looks like name@example.org."),
        "max_length": TOO_LONG,
    }
    return forms.EmailField(
        label=_("E-mail"), max_length=254, error_messages=messages, widget=forms.EmailInput(attrs=attrs)
    )


def password_field(label: Any, autocomplete: str, help_text: Any = "") -> forms.CharField:
    """Return a field for a password. What was typed is never sent back."""
    return forms.CharField(
        label=label,
        strip=False,
        max_length=MAX_LENGTH,
        help_text=help_text,
        error_messages={"required": _("Type a password."), "max_length": TOO_LONG},
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


def new_password_field() -> forms.CharField:
    """Return the field for a password to come. It is asked for once: nobody types the same thing twice."""
    why = _("Twelve characters or more; your handle and e-mail do not count. Three words you like will do.")
    return password_field(_("New password"), "new-password", why)


class SignInForm(AccessibleForm):
    """E-mail and password; ``member`` is who they belong to."""

    email = email_field("username")
    password = password_field(_("Password"), "current-password")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.member: Any = None
        # How long to wait, if too many passwords were tried.
        self.wait: timedelta | None = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            self._look_up(cleaned["email"], cleaned["password"])
        return cleaned

    def _look_up(self, email: str, password: str) -> None:
        """Find out whose e-mail and password these are. If nobody's, the time it takes does not tell why."""
        begun = time.perf_counter()
        try:
            self.member = authenticate(self.request, email=email, password=password)
        except Throttled as refused:
            self.wait = refused.wait
            raise ValidationError(_("Too many passwords were tried."), code="throttled") from None
        if self.member is None:
            even_out(begun)
            raise ValidationError(_("E-mail and password do not go together here."), code="wrong")


class AskResetForm(AccessibleForm):
    """The address that a link for a new password goes to."""

    email = email_field("username")

    def say_wait(self, wait: timedelta) -> None:
        """Say that too many links were asked for from here, and when there is another."""
        text = gettext(
            "Too many links were asked for from your network. Look for the last one in your mail, or try again in"
            " %(wait)s."
        )
        self.add_error(None, text % {"wait": in_words(wait)})


class NewPasswordForm(AccessibleForm):
    """A new password for ``member``."""

    new_password = new_password_field()

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        check_new_password(password, self.member)
        return password
