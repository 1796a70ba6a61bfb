"""The form of agreeing to the policy."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from privacy.models import PolicyVersion
from security.forms import AccessibleForm


class AgreeForm(AccessibleForm):
    """That a member agrees to one very version, the one they were shown."""

    agree = forms.BooleanField(
        label=_("I have read it and agree to it"),
        error_messages={"required": _("Tick this if you agree. If you do not, the ways out stand below.")},
    )
    policy = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, version: PolicyVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version = version
        self.fields["policy"].initial = version.number

    def clean(self) -> dict[str, Any]:
        """Refuse an agreement to a version that is not in force any more."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "agree" in cleaned and cleaned.get("policy") != self.version.number:
            changed = _("Version %(number)s came into force while you were here. Please read it and tick again.")
            self.add_error("agree", ValidationError(changed, params={"number": self.version.number}))
        return cleaned
