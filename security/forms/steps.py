"""The forms of second steps: adding and naming one, and doing it."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..recovery import looks_like_code
from ..second_step import try_app_code, try_recovery_code
from ..steps import LONGEST_NAME
from . import AccessibleForm


class TypedOnce(forms.TextInput):
    """A control for what is used up when it is sent: it is never sent back."""

    def format_value(self, value: Any) -> None:
        """Show nothing."""


def code_field(**options: Any) -> forms.CharField:
    """Return the field for six digits. They are taken with spaces too, as apps show them."""
    attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
    return forms.CharField(
        label=_("Six digits"),
        max_length=64,  # room for a recovery code: a browser that cut it short would hide what was meant
        error_messages={
            "required": _("Type the six digits that the app shows."),
            "max_length": _("The code has six digits."),
        },
        widget=TypedOnce(attrs={**attrs, "class": "input--short"}),
        **options,
    )


def digits_of(typed: str) -> str:
    """Return the six digits of what was typed."""
    code = re.sub(r"[\s-]", "", typed)
    if not re.fullmatch(r"[0-9]{6}", code):
        raise ValidationError(_("The code has six digits."), code="shape")
    return code


class NameForm(AccessibleForm):
    """What a member calls a second step."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        help_text=_("So that you know later which one it is. Only you see it."),
        error_messages={
            "required": _("Give it a name."),
            "max_length": _("%(limit_value)d characters at most."),
        },
    )


class AppForm(NameForm):
    """A name for an authenticator app, and the code that shows that it has the secret."""

    code = code_field()
    field_order = ("code", "name")

    def clean_code(self) -> str:
        return digits_of(self.cleaned_data["code"])


class CodeForm(AccessibleForm):
    """The code of an authenticator app. ``codes_left`` says how many recovery codes there are to point to."""

    CODE = "code"
    WRONG = _("This is not what the app shows, or it was used already. Wait for the next six digits.")

    code = code_field()

    def __init__(self, *args: Any, codes_left: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes_left = codes_left
        self.is_recovery_code = False

    def clean_code(self) -> str:
        typed: str = self.cleaned_data["code"]
        self.is_recovery_code = bool(self.codes_left) and looks_like_code(typed)
        if self.is_recovery_code:
            text = _("This looks like a recovery code. Type it below, under “Nothing at hand?”: there it is used up.")
            raise ValidationError(text, code="recovery")
        return digits_of(typed)

    def tried(self, request: HttpRequest, member: Any) -> Any:
        """Return the app of ``member`` that shows the code. Raises ``Throttled``."""
        return try_app_code(request, member, self.cleaned_data["code"])


class RecoveryForm(AccessibleForm):
    """One of the recovery codes."""

    CODE = "recovery_code"
    WRONG = _("This is none of your codes, or it was used already.")

    recovery_code = forms.CharField(
        label=_("Recovery code"),
        max_length=64,
        help_text=_("One of those on your sheet. Each works once."),
        error_messages={
            "required": _("Type one of the codes of your sheet."),
            "max_length": _("A recovery code is shorter than that."),
        },
        # Shown again as it was typed: a wrong one opens nothing, and a slip in sixteen letters is easier to find then.
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def tried(self, request: HttpRequest, member: Any) -> Any:
        """Return the sheet of ``member`` on which the code was. Raises ``Throttled``."""
        return try_recovery_code(request, member, self.cleaned_data["recovery_code"])
