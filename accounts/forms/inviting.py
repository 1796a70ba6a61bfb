"""The forms of roles: those of a colleague, whom to invite to the staff, and the answer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from security.forms import AccessibleForm

from ..roles import ROLES, SUPERUSER
from .joining import handle_field
from .signing import NewPasswordForm, email_field

NAMES = {
    "support": _("Support"),
    "safety": _("Safety"),
    "privacy_officer": _("Privacy officer"),
    "legal": _("Legal"),
    "partner_manager": _("Partner manager"),
    "campaigns": _("Campaigns"),
    "auditor": _("Auditor"),
    SUPERUSER: _("Superuser: everything but what is covered"),
}


def names_of(roles: list[str]) -> str:
    """Return roles in words."""
    return ", ".join(str(NAMES.get(role, role)) for role in roles)


def roles_field(**options: Any) -> forms.MultipleChoiceField:
    """Return the boxes of the roles."""
    return forms.MultipleChoiceField(
        label=_("Roles"),
        choices=[(role, NAMES[role]) for role in (*ROLES, SUPERUSER)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose one role at least."), "invalid_choice": _("There is no such role.")},
        **options,
    )


class RolesForm(AccessibleForm):
    """The roles of a colleague."""

    roles = roles_field(required=False, help_text=_("Without any, they are none of the staff any more."))


class InviteForm(AccessibleForm):
    """An address, a handle in case it is new here, and roles."""

    email = email_field("off")
    handle = handle_field()
    roles = roles_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].help_text = _("The invitation is mailed there. You are not told whether it is known here.")
        self.fields["email"].error_messages["required"] = _("Type the address to invite.")
        self.fields["handle"].error_messages["required"] = _("Type a handle for them, in case they are new here.")
        self.fields["handle"].help_text = _("For a new account. Whoever has one already keeps their own.")


class AcceptForm(NewPasswordForm):
    """The password of a new member of staff, chosen by them, and their agreement to the policy."""

    agree = forms.BooleanField(
        label=_("I have read the policy and agree to it"),
        error_messages={"required": _("Whoever uses Hedgerow has agreed to its policy. Tick this if you do.")},
    )
