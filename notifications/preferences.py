"""What a member wants to hear about. A refusal counts from its answer on, whatever is under way."""

import time
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from .models import Notification, Preference, State
from .notices import declared
from .topics import Topic

# A mail server that hangs is given up after twenty seconds.
WAITS = timedelta(seconds=25)
LOOKS_EVERY = 0.05


def wants(member: Any, topic: Topic) -> bool:
    """Say whether ``member`` wants to hear about ``topic``: as chosen, or else unless it is marketing."""
    chosen = Preference.objects.filter(member=member, topic=topic).values_list("wanted", flat=True).first()
    return chosen if chosen is not None else not topic.is_marketing


def choices_of(member: Any) -> dict[Topic, bool]:
    """Return for every topic whether ``member`` wants to hear about it."""
    chosen = dict(Preference.objects.filter(member=member).values_list("topic", "wanted"))
    return {topic: chosen.get(topic, not topic.is_marketing) for topic in Topic}


def choose(member: Any, choices: Mapping[Topic, bool]) -> bool:
    """Write down what ``member`` chose. Say False if something declined may be on its way still.

    Once this has returned True, nothing leaves that was declined. It waits for what is being sent at this moment.
    """
    with transaction.atomic():
        for topic, wanted in choices.items():
            _write(member, topic, wanted=wanted)
    return _nothing_is_on_its_way(member, [topic for topic, wanted in choices.items() if not wanted])


def _write(member: Any, topic: Topic, *, wanted: bool) -> None:
    if Preference.objects.filter(member=member, topic=topic, wanted=wanted).exists():
        return
    values = {"wanted": wanted, "changed_at": timezone.now()}
    Preference.objects.update_or_create(member=member, topic=topic, defaults=values)


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
