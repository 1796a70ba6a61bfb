"""The forms about somebody's age: of who reports, of the member, and of staff."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from ..age_cases import Finding
from ..profiles import FIRST_YEAR, clean_lines
from . import AccessibleForm
from .joining import PARTS_OF_A_DATE, number_field

MOST_WORDS = 2_000


def words_field(label: Any, why: Any, missing: Any) -> forms.CharField:
    """Return the field for a few sentences."""
    return forms.CharField(
        label=label,
        help_text=why,
        max_length=MOST_WORDS,
        error_messages={
            "required": missing,
            "max_length": gettext_lazy("At most %(limit_value)d characters fit here. There are %(show_value)d."),
        },
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": MOST_WORDS}),
    )


class WordsForm(AccessibleForm):
    """A form with a few sentences of somebody's own."""

    def clean_words(self) -> str:
        return clean_lines(self.cleaned_data["words"], most=MOST_WORDS)


class ReportChildForm(WordsForm):
    """Why somebody is taken for a child."""

    words = words_field(
        gettext_lazy("What makes you think so?"),
        gettext_lazy("Only our staff for safety read it. Write what they can look at, and nothing that is not needed."),
        gettext_lazy("Write a few words, so that our staff know where to look."),
    )


class AskStaffForm(WordsForm):
    """Why a birth date is wrong that only staff can correct. The date itself comes with it."""

    words = words_field(
        gettext_lazy("What is wrong with the date we have?"),
        gettext_lazy("Only our staff for safety read it. Send no papers with it."),
        gettext_lazy("Write a few words, so that our staff understand it."),
    )


class AnswerForm(WordsForm):
    """What a member says about their birth date when staff ask. It stands beside another form on the page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_answer_%s", **kwargs)

    words = words_field(
        gettext_lazy("Is the date right?"),
        gettext_lazy("Only our staff for safety read it. Send no papers with it."),
        gettext_lazy("Write a word or two. If the date is wrong, correct it above."),
    )


class DecisionForm(WordsForm):
    """What staff find, and why. A date only where it is another one."""

    finding = forms.ChoiceField(
        label=gettext_lazy("What you find"),
        choices=Finding.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what you find.")},
    )
    day = number_field(gettext_lazy("Day of birth"), 2, gettext_lazy("The day is a number from 1 to 31."), "day")
    month = number_field(gettext_lazy("Month"), 2, gettext_lazy("The month is a number from 1 to 12."), "month")
    year = number_field(gettext_lazy("Year"), 4, gettext_lazy("The year has four digits."), "year")
    words = words_field(
        gettext_lazy("Reason"),
        gettext_lazy("It is kept with the case, sealed. The member may read it."),
        gettext_lazy("Nothing is decided without a reason."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in PARTS_OF_A_DATE:
            self.fields[part].required = False
            self.fields[part].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        """Put the date together, where there has to be one."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["born"] = None
        is_date = cleaned.get("finding") == Finding.DATE
        if not is_date or any(part in self.errors for part in PARTS_OF_A_DATE):
            return cleaned
        try:
            born = date(*(int(cleaned[part] or 0) for part in ("year", "month", "day")))
        except ValueError:
            self.add_error("day", _("There is no such day. Look at day, month and year again."))
            return cleaned
        if not date(FIRST_YEAR, 1, 1) <= born <= timezone.localdate():
            self.add_error("year", _("Nobody who is here was born then. Look at the year again."))
        cleaned["born"] = born
        return cleaned
