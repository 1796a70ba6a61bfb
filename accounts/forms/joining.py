"""The form that joins: what is asked, why, and who will see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from catalogue.registry import personal_data_of
from catalogue.vocabulary import Audience
from privacy.audiences import CONTACT_FIELDS
from privacy.defaults import defaults_in_force
from privacy.fields import bearers
from privacy.juveniles import is_juvenile_born
from privacy.models import PolicyVersion
from security.waiting import in_words

from ..models import Member
from ..password_rules import MIN_LENGTH
from ..passwords import MAX_LENGTH, check_new_password
from ..registration import Application, is_too_young, may_be_taken
from . import AccessibleForm
from .signing import password_field

HANDLE = Member._meta.get_field("handle")
OFFERED = (Audience.EVERYONE, Audience.MEMBERS, Audience.FRIENDS, Audience.ONLY_ME)
GROUPS = {
    Audience.EVERYONE: _("On the open internet"),
    Audience.MEMBERS: _("Inside Hedgerow"),
    Audience.FRIENDS: _("Among your friends"),
    Audience.ONLY_ME: _("For your eyes"),
}
OLDEST = 130
PARTS_OF_A_DATE = ("day", "month", "year")


@dataclass(frozen=True)
class Group:
    """Fields that start with the same audience."""

    audience: Audience
    title: Any
    fields: tuple[BoundField, ...]

    @property
    def names(self) -> str:
        return ", ".join(str(field.label) for field in self.fields)


class HandleField(forms.CharField):
    """A handle, however it is typed: with the sign before it, in capitals."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").removeprefix("@").lower()


class AudienceChoice(forms.ChoiceField):
    """One of the audiences a newcomer can have."""

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Show the default where nothing sensible was sent: a browser would show, and send, the first: everyone."""
        return data if any(audience.word == data for audience in OFFERED) else initial


def number_field(label: Any, digits: int, error: Any, part: str) -> forms.RegexField:
    """Return one part of the birth date: plain digits, so that nothing is read that was not meant."""
    attrs = {"inputmode": "numeric", "autocomplete": f"bday-{part}", "size": digits, "maxlength": digits}
    expected = rf"\A[0-9]{{{1 if digits == 2 else digits},{digits}}}\Z"
    messages = {"required": error, "invalid": error}
    return forms.RegexField(
        expected, label=label, strip=True, error_messages=messages, widget=forms.TextInput(attrs=attrs)
    )


def handle_field() -> HandleField:
    """Return the field for a handle to come."""
    return HandleField(
        label=_("Handle"),
        min_length=3,
        max_length=30,
        validators=[each for each in HANDLE.validators if isinstance(each, RegexValidator)],
        error_messages={
            "required": _("Choose a handle."),
            "min_length": _("Three characters at least."),
            "max_length": _("Thirty characters at most."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "nickname", "autocapitalize": "none", "spellcheck": "false"}),
    )


class JoinForm(AccessibleForm):
    """Everything that joining needs, and nothing else."""

    handle = handle_field()
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        error_messages={
            "required": _("We need an address to send the link to."),
            "invalid": _("This does not read like an e-mail address. One looks like name@example.org."),
            "max_length": _("No address is that long: 254 characters at most."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=MAX_LENGTH,
        error_messages={
            "required": _("Choose a password."),
            "max_length": _("%(limit_value)d characters at most."),
        },
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    day = number_field(_("Day"), 2, _("The day is a number from 1 to 31."), "day")
    month = number_field(_("Month"), 2, _("The month is a number from 1 to 12."), "month")
    year = number_field(_("Year"), 4, _("The year has four digits."), "year")
    agree = forms.BooleanField(
        label=_("I have read it and agree to it"),
        error_messages={"required": _("Whoever uses Hedgerow has agreed to its policy. Tick this if you do.")},
    )
    sure = forms.BooleanField(required=False, label=_("Make it public, I know it can be copied"))
    policy = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, *args: Any, version: PolicyVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version = version
        self.born: date | None = None
        # How long to wait, if too many have asked to join.
        self.wait: timedelta | None = None
        for name, why in self._reasons().items():
            self.fields[name].help_text = why
        self.defaults = {name: _offered(audience) for name, audience in defaults_in_force().items()}
        for name, audience in self.defaults.items():
            self.fields[f"audience-{name}"] = _audience_field(name, audience)
        self.needs_warning = not self.is_bound and any(self._opens(name, None) for name in CONTACT_FIELDS)

    @staticmethod
    def _reasons() -> dict[str, Any]:
        """Return why each thing is asked, as the catalogue says it."""
        member = personal_data_of("accounts.Member")
        reasons = {name: member.field(name).why for name in ("handle", "email", "password")}
        hint = gettext("%(least)d characters or more. Three words you like will do.") % {"least": MIN_LENGTH}
        reasons["password"] = f"{hint} {reasons['password']}"
        return reasons | {"year": bearers()["birth_date"].declared.why}

    @property
    def is_too_young(self) -> bool:
        """Say whether the birth date, whatever else is still wrong, is under the minimum age."""
        return self.born is not None and is_too_young(self.born)

    def ask_for_password_again(self) -> None:
        """Say of a form with errors that the page does not keep the password."""
        if self.errors and "password" not in self.errors:
            self.add_error("password", _("Type your password again: we do not keep it on the page."))

    def say_wait(self, wait: timedelta) -> None:
        """Say that too many have asked to join from here, and when there is room again."""
        self.wait = wait
        text = gettext("Too many have asked to join from your network. Try again in %(wait)s.")
        self.add_error(None, text % {"wait": in_words(wait)})

    def birth_date_parts(self) -> list[BoundField]:
        return [self[part] for part in PARTS_OF_A_DATE]

    def groups(self) -> Iterator[Group]:
        """Yield the fields with an audience, by the audience they would start with now."""
        by_audience: dict[Audience, list[BoundField]] = {audience: [] for audience in OFFERED}
        for name, default in self.defaults.items():
            field = self[f"audience-{name}"]
            by_audience[_chosen(field.value(), default)].append(field)
        for audience, fields in by_audience.items():
            if fields:
                yield Group(audience, GROUPS[audience], tuple(fields))

    def clean_handle(self) -> str:
        handle: str = self.cleaned_data["handle"]
        if not may_be_taken(handle):
            raise ValidationError(HANDLE.error_messages["unique"], code="unique")
        return handle

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self._read_birth_date(cleaned)
        self._look_at_password(cleaned)
        self._warn_of_publicity(cleaned)
        if cleaned.get("policy") and cleaned["policy"] != self.version.number:
            changed = gettext("The policy changed while you were here. Please read version %(number)s and tick again.")
            self.add_error("agree", changed % {"number": self.version.number})
        return cleaned

    def _read_birth_date(self, cleaned: dict[str, Any]) -> None:
        if not all(part in cleaned for part in PARTS_OF_A_DATE):
            return
        day, month, year = (int(cleaned[part]) for part in PARTS_OF_A_DATE)
        today = timezone.localdate()
        try:
            born = date(year, month, day)
        except ValueError:
            self.add_error("day", _("There is no such day. Look at day, month and year again."))
            return
        if born > today:
            self.add_error("year", _("That day is still to come. Look at the year again."))
        elif born.year < today.year - OLDEST:
            self.add_error("year", _("That is more than 130 years ago. Look at the year again."))
        else:
            self.born = born

    def _look_at_password(self, cleaned: dict[str, Any]) -> None:
        if "password" not in cleaned:
            return
        member = Member(handle=cleaned.get("handle", ""), email=cleaned.get("email", ""))
        try:
            check_new_password(cleaned["password"], member)
        except ValidationError as error:
            self.add_error("password", error)

    def _warn_of_publicity(self, cleaned: dict[str, Any]) -> None:
        """Ask once more before contact data goes public, be it by a default that staff set.

        A juvenile's does not, whatever is chosen.
        """
        opened = [name for name in CONTACT_FIELDS if self._opens(name, cleaned.get(f"audience-{name}"))]
        if opened and not cleaned.get("sure") and not is_juvenile_born(self.born):
            self.needs_warning = True
            labels = ", ".join(str(bearers()[name].declared.label) for name in opened)
            self.add_error("sure", gettext("%(fields)s: say that it is meant, or choose others.") % {"fields": labels})

    def _opens(self, name: str, word: Any) -> bool:
        return _chosen(word, self.defaults[name]) is Audience.EVERYONE

    def application(self) -> Application:
        """Return what a valid form says."""
        assert self.born is not None
        answers = self.cleaned_data
        audiences = {name: _chosen(answers[f"audience-{name}"], default) for name, default in self.defaults.items()}
        return Application(answers["handle"], answers["email"], answers["password"], self.born, audiences, self.version)


class ConfirmForm(AccessibleForm):
    """The password that was chosen at joining, typed once more behind the link that was mailed."""

    password = password_field(
        _("Password"), "current-password", _("The one you chose when you joined. It shows that it was you who did.")
    )

    def say_it_is_wrong(self) -> None:
        """Add the error for a password that is not the one."""
        self.add_error("password", _("This is not the password that was chosen at joining. Try once more."))


def _audience_field(name: str, audience: Audience) -> AudienceChoice:
    declared: Any = bearers()[name].declared
    return AudienceChoice(
        label=declared.label,
        help_text=declared.why,
        initial=audience.word,
        required=False,
        choices=[(each.word, each.label) for each in OFFERED],
        error_messages={"invalid_choice": _("Choose one of the four.")},
    )


def _offered(audience: Audience) -> Audience:
    """Return an audience a new member can have: nobody has circles yet."""
    return audience if audience in OFFERED else Audience.ONLY_ME


def _chosen(word: Any, default: Audience) -> Audience:
    """Return the audience called ``word``; what is not one leaves the default."""
    return next((audience for audience in OFFERED if audience.word == word), default)
