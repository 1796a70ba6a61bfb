"""What a member wants to hear about, as a form."""

from collections.abc import Mapping
from typing import Any

from django import forms

from .topics import Topic


class ChoicesForm(forms.Form):
    """One box for each topic. Marketing has none that works where the browser says that none is wanted."""

    def __init__(self, data: Any, *, chosen: Mapping[Topic, bool], is_barred: bool) -> None:
        super().__init__(data)
        for topic in Topic:
            self.fields[topic.value] = forms.BooleanField(
                label=topic.label,
                help_text=topic.says,
                required=False,
                initial=chosen[topic] and not (is_barred and topic.is_marketing),
                disabled=is_barred and topic.is_marketing,
            )

    def choices(self) -> dict[Topic, bool]:
        """Return what was chosen for every topic."""
        return {topic: bool(self.cleaned_data[topic.value]) for topic in Topic}
