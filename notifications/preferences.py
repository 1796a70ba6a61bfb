"""What a member wants to hear about. A refusal counts from its answer on, whatever is under way."""

import time
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from .channels.kinds import CHOSEN, Channel
from .models import Notification, NotificationQuerySet, Preference, State
from .notices import declared
from .recipients import juveniles_among
from .topics import MARKETING, Topic

# A mail server that hangs is given up after twenty seconds.
WAITS = timedelta(seconds=25)
LOOKS_EVERY = 0.05


def wants(member: Any, topic: Topic) -> frozenset[Channel]:
    """Return by which channels ``member`` wants to hear about ``topic``."""
    return choices_of(member)[topic]


def choices_of(member: Any) -> dict[Topic, frozenset[Channel]]:
    """Return for every topic by which channels ``member`` wants to hear about it: as chosen, or all but marketing."""
    return choices_of_all([member.pk])[member.pk]


def choices_of_all(members: Collection[int]) -> dict[int, dict[Topic, frozenset[Channel]]]:
    """Return the choices of many members by their numbers, in one query."""
    rows = Preference.objects.filter(member__in=members).values_list("member_id", "topic", "channel", "wanted")
    chosen = {(member, topic, channel): wanted for member, topic, channel, wanted in rows}

    def wanted_by(member: int, topic: Topic) -> frozenset[Channel]:
        return frozenset(each for each in CHOSEN if chosen.get((member, topic, each), not topic.is_marketing))

    return {member: {topic: wanted_by(member, topic) for topic in Topic} for member in members}


def choose(member: Any, choices: Mapping[Topic, Collection[Channel]]) -> bool:
    """Write down by which channels ``member`` wants to hear about topics, if at all.

    A juvenile cannot choose marketing: kept, such a choice would begin to count on the day they come of age, and that
    nothing is sent to who wants it would tell in a copy of the rows how old they are.

    Says False if something declined may be on its way still. Once this has returned True, nothing leaves that was
    declined: it waits for what is being sent at this moment, and whatever else a worker holds is looked at anew.
    """
    choices = _without_marketing(choices) if is_kept_from_marketing(member) else choices
    with transaction.atomic():
        for topic, wanted in choices.items():
            for channel in CHOSEN:
                _write(member, topic, channel, wanted=channel in wanted)
    declined = [topic for topic, wanted in choices.items() if set(CHOSEN) - set(wanted)]
    rows = Notification.objects.filter(member=member, notice__in=_slugs(declined))
    rows.let_go()
    return _nothing_is_on_its_way(rows)


def is_kept_from_marketing(member: Any) -> bool:
    """Say whether ``member`` is a juvenile, who hears of no marketing."""
    return member.pk in juveniles_among([member.pk])


def _without_marketing(choices: Mapping[Topic, Collection[Channel]]) -> dict[Topic, Collection[Channel]]:
    return {topic: () if topic.is_marketing else wanted for topic, wanted in choices.items()}


def end_marketing(member_id: int) -> None:
    """Decline all marketing for somebody who turns out to be a juvenile. Twice does no harm."""
    wanted = Preference.objects.filter(member=member_id, topic__in=MARKETING, wanted=True)
    wanted.update(wanted=False, changed_at=timezone.now())


def _write(member: Any, topic: Topic, channel: Channel, *, wanted: bool) -> None:
    if Preference.objects.filter(member=member, topic=topic, channel=channel, wanted=wanted).exists():
        return
    values = {"wanted": wanted, "changed_at": timezone.now()}
    Preference.objects.update_or_create(member=member, topic=topic, channel=channel, defaults=values)


def _slugs(topics: Collection[Topic]) -> list[str]:
    return [notice.slug for notice in declared() if notice.topic and notice.topic in topics]


def _nothing_is_on_its_way(rows: NotificationQuerySet) -> bool:
    """Wait until none of ``rows`` is being sent; say False if that takes too long.

    Whoever sends holds a row before looking at the choice, and writes down that it leaves before it does. So what is
    neither held nor leaving now will see the choice.
    """
    on_its_way = rows.filter(state=State.ATTEMPTING)  # whoever holds it, and however long: it may leave yet
    until = time.monotonic() + WAITS.total_seconds()
    while on_its_way.exists():
        if time.monotonic() > until:
            return False
        time.sleep(LOOKS_EVERY)
    return True
