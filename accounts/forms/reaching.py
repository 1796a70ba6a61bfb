"""The forms of how a member is reached."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from privacy.presenting import presented

from ..email_change import is_own
from ..models import Member
from ..phones import DIGITS
from ..profiles import FIRST_YEAR, clean_phone
from . import AccessibleForm
from .joining import PARTS_OF_A_DATE, number_field
from .profile import declared
from .signing import email_field, password_field


class ConfirmEmailForm(AccessibleForm):
    """The password of who asked for another address, where the link is opened by nobody who is signed in."""

    password = password_field(
        gettext_lazy("Your password"),
        "current-password",
        gettext_lazy("It shows that it was you who asked, and that the address is right."),
    )

    def say_it_is_wrong(self) -> None:
        """Add the error for a password that is not the one."""
        self.add_error("password", _("This is not the password of the account. Try once more."))


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


class PhoneForm(AccessibleForm):
    """A telephone number, blank for none."""

    phone = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "maxlength": 40})
    )

    def __init__(self, *args: Any, stored: Any, example: str, **kwargs: Any) -> None:
        """Prefill with what is ``stored``; ``example`` is what a number looks like where its owner is."""
        typed = presented("phone", stored) if isinstance(stored, str) else ""
        super().__init__(*args, initial={"phone": typed}, **kwargs)
        self.example = example
        self.fields["phone"].label, self.fields["phone"].help_text = (
            str(declared("phone").label),
            str(declared("phone").why),
        )

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"], self.example)


class CodeInput(forms.TextInput):
    """A control for a code, which is typed anew each time."""

    def format_value(self, value: Any) -> None:
        """Send nothing back of what was typed."""


class CodeForm(AccessibleForm):
    """The code that was sent to a telephone."""

    code = forms.RegexField(
        rf"\A[0-9]{{{DIGITS}}}\Z",
        label=gettext_lazy("Code from the text message"),
        error_messages={
            "required": gettext_lazy("Type the six digits."),
            "invalid": gettext_lazy("A code has six digits."),
        },
        widget=CodeInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": DIGITS + 2}),
    )


class BirthDateForm(AccessibleForm):
    """Another birth date. ``sure`` says that whoever becomes a juvenile by it knows what follows."""

    day = number_field(gettext_lazy("Day"), 2, gettext_lazy("The day is a number from 1 to 31."), "day")
    month = number_field(gettext_lazy("Month"), 2, gettext_lazy("The month is a number from 1 to 12."), "month")
    year = number_field(gettext_lazy("Year"), 4, gettext_lazy("The year has four digits."), "year")
    sure = forms.BooleanField(required=False, label=gettext_lazy("This is my birth date, and I know what follows"))

    def __init__(self, *args: Any, stored: Any, **kwargs: Any) -> None:
        known = isinstance(stored, date)
        initial = {part: getattr(stored, part) for part in PARTS_OF_A_DATE} if known else {}
        super().__init__(*args, initial=initial, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if all(part in cleaned for part in PARTS_OF_A_DATE):
            try:
                born = date(*(int(cleaned[part]) for part in ("year", "month", "day")))
            except ValueError:
                self.add_error("day", _("There is no such day. Look at day, month and year again."))
            else:
                cleaned["born"] = born
                if not date(FIRST_YEAR, 1, 1) <= born <= timezone.localdate():
                    self.add_error("year", _("Nobody who is here was born then. Look at the year again."))
        return cleaned

    def parts(self) -> list[Any]:
        """Return the three controls of the date."""
        return [self[part] for part in PARTS_OF_A_DATE]
