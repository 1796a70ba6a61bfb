"""The form that searches for people."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SearchForm(forms.Form):
    """What to look for, and the handle after which a page starts."""

    q = forms.CharField(
        required=False,
        max_length=120,
        label=_("Name, handle, or a whole city, employer or school"),
        widget=forms.TextInput(attrs={"class": "input", "type": "search"}),
    )
    after = forms.CharField(required=False, max_length=30, widget=forms.HiddenInput)
