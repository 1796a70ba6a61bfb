"""The forms of the policy at work: who can see this? Is this certificate ours? What must not be erased?"""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalogue.vocabulary import Audience
from security.forms import AccessibleForm

from .audiences import CONTACT_FIELDS, Choice, excepted_from, refuse_impossible
from .erasure.certificate import NotACertificate, read
from .holds import LONGEST, holdable
from .models import Circle, LegalHold
from .models.holds import FILE_NUMBER
from .visibility import Viewer, known_to

WORDS = [(audience.word, audience.label) for audience in Audience]
MOST_EXCEPTIONS = 100


class AudienceForm(forms.Form):
    """Who can see one field of a member: an audience, circles of theirs, people excepted by handle.

    ``sure`` has to be ticked before contact data goes public.
    """

    audience = forms.ChoiceField(choices=WORDS, widget=forms.RadioSelect, label=_("Audience"))
    circles = forms.MultipleChoiceField(required=False, label=_("Circles"))
    exceptions = forms.CharField(
        required=False,
        max_length=4000,
        label=_("Except these people"),
        help_text=_("Handles with commas between them. They are not told."),
        widget=forms.TextInput(attrs={"class": "input", "placeholder": "@handle, @another", "autocomplete": "off"}),
    )
    sure = forms.BooleanField(required=False, label=_("Make it public, I know it can be copied"))

    def __init__(self, *args: Any, member: Any, field: str, current: Choice, **kwargs: Any) -> None:
        initial = {
            "audience": current.audience.word,
            "circles": [str(circle.pk) for circle in current.circles],
            "exceptions": ", ".join(f"@{handle}" for handle in current.exceptions),
        }
        super().__init__(*args, **(kwargs | {"initial": initial}))
        self.member, self.field_name, self.current = member, field, current
        self.own_circles = {str(circle.pk): circle for circle in Circle.objects.filter(owner=member).with_keys()}
        self.fields["circles"].choices = [(key, circle.name) for key, circle in self.own_circles.items()]  # type: ignore[attr-defined]
        self.needs_warning = False

    def clean_audience(self) -> Audience:
        return Audience.from_word(self.cleaned_data["audience"])

    def clean_circles(self) -> list[Circle]:
        return [self.own_circles[key] for key in self.cleaned_data["circles"]]

    def clean_exceptions(self) -> list[Any]:
        """Return the people named. Who is not to be found for this member is not found here either."""
        handles = {part.strip().removeprefix("@").lower() for part in self.cleaned_data["exceptions"].split(",")} - {""}
        if len(handles) > MOST_EXCEPTIONS:
            raise ValidationError(_("At most 100 people. For more, a circle is easier."))
        found = known_to(Viewer(self.member.pk)).filter(handle__in=handles)
        people = {person.handle: person for person in [*found, *excepted_from(self.member, self.field_name)]}
        missing = sorted(handles - people.keys())
        if missing:
            raise ValidationError(_("There is nobody here called %(who)s."), params={"who": "@" + ", @".join(missing)})
        return [people[handle] for handle in sorted(handles)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        audience = cleaned.get("audience")
        if audience is None or self.errors:
            return cleaned
        if audience is not Audience.CIRCLES:
            cleaned["circles"] = []
        try:
            refuse_impossible(self.member, audience, cleaned["circles"], cleaned["exceptions"])
        except ValidationError as error:
            self.add_error("audience", error)
        self._warn_of_publicity(audience, sure=cleaned.get("sure", False))
        return cleaned

    def _warn_of_publicity(self, audience: Audience, *, sure: bool) -> None:
        opens = audience is Audience.EVERYONE and self.current.audience is not Audience.EVERYONE
        if opens and self.field_name in CONTACT_FIELDS and not sure:
            self.needs_warning = True
            self.add_error("sure", _("This puts it on the open internet. Tick the box if that is what you want."))


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
        chosen.choices = sorted(
            (label, f"{apps.get_model(label)._meta.verbose_name_plural} ({label})") for label in holdable()
        )

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
