"""The form that asks who is signed in already to show once more that it is them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _, gettext_lazy

from ..freshness import TooOften, is_password_of, too_often
from . import AccessibleForm

MAX_LENGTH = 256  # as long as a password can be


class AgainForm(AccessibleForm):
    """The password of who is signed in. ``wait`` says in how many seconds it may be tried again, if it may not now."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=MAX_LENGTH,
        error_messages={
            "required": gettext_lazy("Type your password."),
            "max_length": gettext_lazy("%(limit_value)d characters at most."),
        },
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.wait = 0

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        try:
            fits = is_password_of(self.request, password)
        except TooOften as error:
            self.wait = int(error.wait.total_seconds()) + 1
            raise ValidationError(too_often(error.wait), code="too_often") from None
        if not fits:
            raise ValidationError(_("This is not your password. Try once more."), code="wrong")
        return password
