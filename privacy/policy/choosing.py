"""Which two versions are compared: the form that asks for them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _, gettext_lazy

from privacy.models import PolicyVersion

from .history import Reign


class TwoVersions(forms.Form):
    """Two of the published versions: ``to`` is read, ``from`` is what it is compared with."""

    def __init__(self, data: Any, among: Sequence[Reign], initial: dict[str, str] | None = None) -> None:
        super().__init__(data, auto_id="versions-%s", initial=initial)
        choices = [(reign.version.number, _named(reign)) for reign in among]
        select = forms.Select(attrs={"class": "select"})
        wrong = {"invalid_choice": _("There is no such version. Choose one of these.")}
        for name, label in (("from", gettext_lazy("From version")), ("to", gettext_lazy("To version"))):
            self.fields[name] = forms.ChoiceField(choices=choices, label=label, widget=select, error_messages=wrong)

    def clean(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        if "from" in chosen and chosen.get("to") == chosen["from"]:
            self.add_error("from", ValidationError(_("These are the same. Choose two different versions.")))
        return chosen


def _named(reign: Reign) -> str:
    day = date_format(localtime(reign.version.effective_at), "j F Y")
    return f"{reign.version.number} · {day}"


def latest_two(among: Sequence[Reign]) -> dict[str, str]:
    """Return what is chosen beforehand: the latest version, and the one before."""
    return {"to": among[0].version.number, "from": among[1].version.number}


def both(form: TwoVersions, among: Sequence[Reign]) -> tuple[PolicyVersion, PolicyVersion] | None:
    """Return the two versions that were chosen, or None if that has to be done once more."""
    if not form.is_valid():
        return None
    by_number = {reign.version.number: reign.version for reign in among}
    return by_number[form.cleaned_data["from"]], by_number[form.cleaned_data["to"]]
