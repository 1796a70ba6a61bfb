"""Forms of circles: a name, and somebody to put in."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from privacy.visibility import Viewer, known_to

from ..circles import LONGEST_NAME
from ..friendship import friends_of
from ..models import Member
from . import AccessibleForm

MOST_OFFERED = 200


class CircleForm(AccessibleForm):
    """What to call a circle. Whether the name will do is for the verb to say."""

    name = forms.CharField(
        label=_("Name of the circle"),
        help_text=_("So that you recognise it. Nobody else sees it."),
        widget=forms.TextInput(attrs={"maxlength": LONGEST_NAME, "autocomplete": "off"}),
        error_messages={"required": _("Give the circle a name, so that you recognise it.")},
    )


class AddPersonForm(AccessibleForm):
    """Whom to put into a circle, by handle."""

    handle = forms.CharField(
        label=_("Who joins it"),
        help_text=_(
            "A friend, or anybody whose page you can open. They see at once what you show this circle, untold."
        ),
        max_length=31,
        widget=forms.TextInput(
            attrs={"placeholder": "@handle", "autocomplete": "off", "autocapitalize": "none", "list": "your-friends"}
        ),
        error_messages={"required": _("Type the handle of somebody.")},
    )

    def __init__(self, *args: Any, owner: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner

    def friends_at_hand(self) -> list[str]:
        """Return handles to pick from: friends, as many as a list can offer."""
        return list(friends_of(self.owner).order_by("handle").values_list("handle", flat=True)[:MOST_OFFERED])

    def clean_handle(self) -> Member:
        """Return the person. Who is not to be found for this member is not found here either."""
        handle = self.cleaned_data["handle"].strip().removeprefix("@").lower()
        person: Member | None = known_to(Viewer.of(self.owner)).filter(handle=handle).first()
        if person is None:
            raise ValidationError(_("There is nobody here called @%(handle)s."), params={"handle": handle})
        return person
