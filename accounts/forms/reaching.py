"""The forms of how a member is reached."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _, gettext_lazy

from ..email_change import is_own
from ..models import Member
from . import AccessibleForm
from .signing import email_field


class EmailChangeForm(AccessibleForm):
    """Another address for ``member`` to sign in with."""

    email = email_field("email")

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        self.fields["email"].label = gettext_lazy("New e-mail")

    def clean_email(self) -> str:
        address: str = self.cleaned_data["email"]
        if is_own(self.member, address):
            raise ValidationError(_("That is your address already."), code="own")
        return address
