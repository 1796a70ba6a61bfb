"""What a member wants to hear about. A refusal counts from its answer on, whatever is under way."""

import time
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from .channels.kinds import CHOSEN, Channel
from .models import Notification, Preference, State
from .notices import declared
from .topics import Topic

# A mail server that hangs is given up after twenty seconds.
WAITS = timedelta(seconds=25)
LOOKS_EVERY = 0.05


def wants(member: Any, topic: Topic) -> frozenset[Channel]:
    """Return by which channels ``member`` wants to hear about ``topic``."""
    return choices_of(member)[topic]


def choices_of(member: Any) -> dict[Topic, frozenset[Channel]]:
    """Return for every topic by which channels ``member`` wants to hear about it: as chosen, or all but marketing."""
    rows = Preference.objects.filter(member=member).values_list("topic", "channel", "wanted")
    chosen = {(topic, channel): wanted for topic, channel, wanted in rows}
    return {
        topic: frozenset(channel for channel in CHOSEN if chosen.get((topic, channel), not topic.is_marketing))
        for topic in Topic
    }


def choose(member: Any, choices: Mapping[Topic, Collection[Channel]]) -> bool:
    """Write down by which channels ``member`` wants to hear about topics, if at all.

    Says False if something declined may be on its way still. Once this has returned True, nothing leaves that was
    declined: it waits for what is being sent at this moment.
    """
    with transaction.atomic():
        for topic, wanted in choices.items():
            for channel in CHOSEN:
                _write(member, topic, channel, wanted=channel in wanted)
    declined = [topic for topic, wanted in choices.items() if Channel.EMAIL not in wanted]
    return _nothing_is_on_its_way(member, declined)


def _write(member: Any, topic: Topic, channel: Channel, *, wanted: bool) -> None:
    if Preference.objects.filter(member=member, topic=topic, channel=channel, wanted=wanted).exists():
        return
    values = {"wanted": wanted, "changed_at": timezone.now()}
    Preference.objects.update_or_create(member=member, topic=topic, channel=channel, defaults=values)


def _nothing_is_on_its_way(member: Any, topics: Collection[Topic]) -> bool:
    """Wait until no notice about ``topics`` is being sent to ``member``; say False if that takes too long.

    Whoever sends writes that down first and looks at the choice afterwards: what does not stand there now will see it.
    """
    slugs = [notice.slug for notice in declared() if notice.topic and notice.topic in topics]
    on_its_way = Notification.objects.filter(member=member, notice__in=slugs, state=State.ATTEMPTING)
    until = time.monotonic() + WAITS.total_seconds()
    while on_its_way.filter(lease_until__gt=timezone.now()).exists():
        if time.monotonic() > until:
            return False
        time.sleep(LOOKS_EVERY)
    return True
