"""The form of everything a member tells of themself."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from catalogue.declarations import PersonalField
from catalogue.registry import personal_data
from encryption.fields import UNAVAILABLE

from ..models import Member, Profile
from ..pictures import EXTENSIONS, Painted, paint, too_many_bytes
from ..profiles import LENGTHS, clean_changes, time_zones
from . import AccessibleForm

ACCEPTED = ",".join(f".{ending}" for endings in EXTENSIONS.values() for ending in endings)


def _line(name: str, **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"maxlength": LENGTHS[name], **attrs} if name in LENGTHS else attrs)
    return forms.CharField(required=False, widget=widget)


def _lines(name: str, rows: int, **attrs: str) -> forms.CharField:
    # No maxlength: browsers and servers count line breaks differently.
    return forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": rows, **attrs}))


class ProfileForm(AccessibleForm):
    """Filled with what is known. What could not be opened is an empty control, and stays as stored if left so."""

    picture = forms.FileField(
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"class": "input", "accept": ACCEPTED}),
    )
    display_name = _line("display_name", autocomplete="name")
    pronouns = _line("pronouns")
    bio = _lines("bio", 5)
    interests = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    website = _line("website", autocomplete="url", inputmode="url")
    postal_address = _lines("postal_address", 4, autocomplete="street-address")
    city = _line("city", autocomplete="address-level2")
    country = forms.ChoiceField(required=False, widget=forms.Select(attrs={"autocomplete": "country"}))
    employer = _line("employer", autocomplete="organization")
    school = _line("school")
    time_zone = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, member: Member, is_too_big: bool = False, **kwargs: Any) -> None:
        """Prefill for ``member``; ``is_too_big`` says that a file came which was too long to be taken in."""
        self.stored = _stored(member)
        self.is_too_big = is_too_big
        super().__init__(*args, initial=_as_typed(self.stored), **kwargs)
        self.unavailable = {name for name, value in self.stored.items() if value is UNAVAILABLE}
        choose = [("", _("Not given"))]
        self._offer("country", choose + [(code, name) for code, name in countries])
        self._offer("time_zone", [("", _("UTC")), *((name, name.replace("_", " ")) for name in time_zones())])
        for name, field in self.fields.items():
            field.label, field.help_text = str(declared(name).label), str(declared(name).why)

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def clean_picture(self) -> Painted | None:
        """Return the picture as it would be kept."""
        if self.is_too_big:
            raise too_many_bytes()
        file = self.cleaned_data["picture"]
        return paint(file) if file else None

    def clean(self) -> dict[str, Any]:
        """Bring every value into its form, and say by the field what will not do."""
        cleaned: dict[str, Any] = super().clean() or {}
        told = {name: value for name, value in cleaned.items() if name != "picture"}
        try:
            cleaned |= clean_changes(told)
        except ValidationError as error:
            for name, errors in error.error_dict.items():
                self.add_error(name, errors)
        return cleaned

    @property
    def changes(self) -> dict[str, Any]:
        """Return what to store: everything sent but the picture. A blank takes a value back, an absence does not."""
        return {name: value for name, value in self.cleaned_data.items() if name != "picture" and name in self.data}


def declared(name: str) -> PersonalField:
    """Return the declaration of a field of a profile or of its member: its label, and why it is asked for."""
    models = ("accounts.Profile", "accounts.Member")
    return next(
        field for data in personal_data() if data.model in models for field in data.fields if field.name == name
    )


def _stored(member: Member) -> dict[str, Any]:
    profile = Profile.objects.get(pk=member.pk)
    names = [name for name in ProfileForm.base_fields if name != "time_zone"]
    return {name: getattr(profile, name) for name in names} | {"time_zone": member.time_zone}


def _as_typed(stored: dict[str, Any]) -> dict[str, Any]:
    """Return stored values as somebody would type them."""
    typed = {name: "" if value is UNAVAILABLE else value for name, value in stored.items() if name != "picture"}
    if isinstance(typed["interests"], list):
        typed["interests"] = ", ".join(str(interest) for interest in typed["interests"])
    return typed
