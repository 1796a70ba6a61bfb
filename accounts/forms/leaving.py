"""The forms of leaving: one's own, and that of staff who are asked to."""

from django import forms
from django.utils.translation import gettext_lazy as _

from . import AccessibleForm


class CancelForm(AccessibleForm):
    """That somebody means it."""

    sure = forms.BooleanField(
        label=_("I want my account and everything in it to be erased."),
        error_messages={"required": _("Tick this if you mean it. Nothing has happened so far.")},
    )


class CancelAtRequestForm(AccessibleForm):
    """That a member asked, and that it was them."""

    sure = forms.BooleanField(
        label=_("The member asked for it, and I have made sure that it was them."),
        help_text=_("They are told by mail at once, with a link that keeps the account."),
        error_messages={"required": _("Make sure first. Nothing has happened so far.")},
    )
