"""What a member wants to hear about, and where, as a form."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from .channels.kinds import CHOSEN, Channel
from .topics import Topic


@dataclass(frozen=True)
class Row:
    """The boxes of one topic, each with the name of its column."""

    topic: Topic
    boxes: list[tuple[Any, forms.BoundField]]


class ChoicesForm(forms.Form):
    """One box for each topic and channel. A browser that asks for privacy turns marketing off, and never on."""

    def __init__(self, data: Any, *, chosen: Mapping[Topic, Collection[Channel]], is_barred: bool) -> None:
        super().__init__(data)
        for topic in Topic:
            for channel in CHOSEN:
                is_on = channel in chosen[topic]
                self.fields[_name(topic, channel)] = forms.BooleanField(
                    label=_("%(topic)s: %(channel)s") % {"topic": topic.label, "channel": channel.label},
                    required=False,
                    initial=is_on,
                    disabled=is_barred and topic.is_marketing and not is_on,
                )

    def rows(self) -> Iterator[Row]:
        """Yield what the table shows, topic by topic."""
        for topic in Topic:
            yield Row(topic, [(channel.label, self[_name(topic, channel)]) for channel in CHOSEN])

    def choices(self) -> dict[Topic, frozenset[Channel]]:
        """Return by which channels every topic was chosen."""
        return {
            topic: frozenset(channel for channel in CHOSEN if self.cleaned_data[_name(topic, channel)])
            for topic in Topic
        }


def _name(topic: Topic, channel: Channel) -> str:
    return f"{topic.value}-{channel.value}"
