"""The forms of erasure: is this certificate ours, and what must not be erased?"""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.erasure.certificate import NotACertificate, read
from privacy.erasure.names import name_of
from privacy.holds import LONGEST, holdable
from privacy.models import LegalHold
from privacy.models.holds import FILE_NUMBER
from security.forms import AccessibleForm


class CertificateForm(AccessibleForm):
    """A certificate of erasure, as it was mailed."""

    certificate = forms.CharField(
        max_length=100_000,
        label=_("Certificate"),
        help_text=_("All that is in the enclosed file. It is checked and not kept."),
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 12, "spellcheck": "false", "autocomplete": "off"}),
        error_messages={"required": _("Paste the certificate here.")},
    )

    def clean_certificate(self) -> dict[str, Any]:
        """Return what the certificate says. Raises ValidationError for what is none, and for one that is not ours."""
        try:
            said = read(self.cleaned_data["certificate"])
        except NotACertificate:
            raise ValidationError(_("This is not written as a certificate is. Paste the whole file.")) from None
        if said is None:
            raise ValidationError(_("This certificate is not ours, or it was changed after we signed it."))
        return said


def _end_of(day: date | None) -> datetime | None:
    """Return when a day is over. Raises ValidationError for one that has passed, or is too far away."""
    if day is None:
        return None
    now = timezone.now()
    if not timezone.localdate() <= day <= timezone.localdate(now + LONGEST):
        raise ValidationError(_("Choose a day from today on, and not more than twelve months away."))
    return min(timezone.make_aware(datetime.combine(day, time.max)), now + LONGEST)


def _day(**options: Any) -> forms.DateField:
    return forms.DateField(
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "off"}),
        input_formats=["%Y-%m-%d"],
        **options,
    )


class ExtendForm(AccessibleForm):
    """A later end of a legal hold."""

    until = _day(label=_("Until"), help_text=_("Twelve months from today at most. Somebody else has to approve it."))

    def clean_until(self) -> datetime | None:
        return _end_of(self.cleaned_data["until"])


class HoldForm(ExtendForm):
    """What is to be held, of whom, on what ground."""

    member = forms.CharField(max_length=40, label=_("Handle"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    ground = forms.ChoiceField(choices=LegalHold.Ground.choices, label=_("Ground"))
    reference = LegalHold._meta.get_field("reference").formfield(validators=[FILE_NUMBER])
    held = forms.MultipleChoiceField(
        label=_("What is held"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only what the order names. Everything else is erased on time."),
        error_messages={"required": _("Name what is to be held.")},
    )
    secret_until = _day(
        required=False,
        label=_("Not told before"),
        help_text=_("Only if the law forbids to tell the member. Then until when, twelve months from today at most."),
    )
    field_order = ("member", "ground", "reference", "held", "until", "secret_until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["held"]
        chosen.choices = sorted(((label, name_of(label)) for label in holdable()), key=lambda choice: choice[1])

    def clean_member(self) -> Any:
        """Return whose handle it is. Raises ValidationError if nobody here has it."""
        handle = self.cleaned_data["member"].strip().removeprefix("@").lower()
        members: Any = get_user_model()._default_manager
        member = members.confirmed().filter(**{get_user_model().USERNAME_FIELD: handle}).first()
        if member is None:
            raise ValidationError(_("Nobody here has this handle."))
        return member

    def clean_secret_until(self) -> datetime | None:
        return _end_of(self.cleaned_data["secret_until"])
