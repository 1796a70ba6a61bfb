"""The form that asks who is signed in already to show once more that it is them."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _, gettext_lazy

from ..allowances import Throttled
from ..freshness import is_password_of
from ..waiting import too_often
from . import AccessibleForm

MAX_LENGTH = 256  # as long as a password can be


class AgainForm(AccessibleForm):
    """The password of who is signed in. ``wait`` says how long to wait, if it may not be tried now."""

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
        self.wait: timedelta | None = None

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        try:
            fits = is_password_of(self.request, password)
        except Throttled as error:
            self.wait = error.wait
            raise ValidationError(too_often(error.wait), code="too_often") from None
        if not fits:
            raise ValidationError(_("This is not your password. Try once more."), code="wrong")
        return password
