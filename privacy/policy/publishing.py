"""A new version of the policy: written by one, approved by another, told to everybody, withdrawn before its day.

Approving publishes: the text is frozen with what the catalogue says that day, and a campaign that tells everybody is
on its way, in one transaction. It is in force from its day on by the clock alone; nothing has to run for that.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from backoffice.approval import Changed, NotNow, YourOwnWords, is_written_by, step
from notifications import campaigns
from notifications.audiences import EVERYBODY
from notifications.models import Campaign, Stage
from notifications.packing import pack
from privacy.models import PolicyStage, PolicyVersion
from privacy.models.policy import UNPUBLISHED
from privacy.notices.policy import POLICY_CHANGED

# Every process looks at what is published more often than that, so that its day begins everywhere at once.
AHEAD = timedelta(minutes=10)


class TooSoon(Exception):
    """The day from which it is to be in force is over, or only minutes away."""


def write(version: PolicyVersion, *, by: Any) -> None:
    """Store what ``by`` wrote; it has to be finished and approved anew. Raises ``NotNow`` once it is published.

    Nothing is done where nothing was changed: whoever saves what somebody else wrote has not written it.
    """
    with transaction.atomic():
        kept = PolicyVersion.objects.select_for_update().filter(pk=version.pk).first()
        if kept is not None and kept.stage not in UNPUBLISHED:
            raise NotNow
        if kept is not None and kept.seal_of_content == version.seal_of_content:
            return
        version.stage, version.written_by = PolicyStage.DRAFT, by
        version.save()
        version.writers.add(by)


def copy_of(version: PolicyVersion) -> PolicyVersion:
    """Return another draft, not stored yet, that says the same under a number that is free."""
    content = version.content | {"effective_at": version.effective_at}
    return PolicyVersion(**(content | {"number": f"{version.number[:12]}-{secrets.token_hex(3)}"}))


def finish(version: PolicyVersion) -> None:
    """Have it approved. Raises ``NotNow``."""
    step(version, (PolicyStage.DRAFT,), stage=PolicyStage.ASKED)


def take_back(version: PolicyVersion) -> None:
    """Have it written again. Raises ``NotNow``."""
    step(version, (PolicyStage.ASKED,), stage=PolicyStage.DRAFT)


def publish(version: PolicyVersion, seen: str, *, by: Any) -> None:
    """Approve what ``by`` has ``seen``, its seal: freeze it, and tell everybody.

    Raises ``YourOwnWords``, ``Changed``, ``NotNow``, or ``TooSoon``.
    """
    with transaction.atomic():
        stored = PolicyVersion.objects.select_for_update().get(pk=version.pk)
        if stored.stage != PolicyStage.ASKED:
            raise NotNow
        if is_written_by(stored, by):
            raise YourOwnWords
        if stored.seal_of_content != seen:
            raise Changed
        if stored.effective_at < earliest():
            raise TooSoon
        stored.freeze()
        stored.approved_by = by
        stored.save()
        _tell(stored, by)


def earliest() -> datetime:
    """Return the earliest day on which what is published now can be in force."""
    return timezone.now() + AHEAD


def withdraw(version: PolicyVersion) -> None:
    """Take back what is published before its day; whoever was not told yet is not. Raises ``NotNow``."""
    with transaction.atomic():
        scheduled = PolicyVersion.objects.filter(effective_at__gte=earliest(), stage=PolicyStage.PUBLISHED)
        if not scheduled.filter(pk=version.pk).update(stage=PolicyStage.WITHDRAWN):
            raise NotNow
        for campaign in Campaign.objects.filter(notice=POLICY_CHANGED.slug, parameters__version=version.pk):
            if campaign.stage in (*campaigns.GOING, Stage.PAUSED):
                campaigns.stop(campaign)


def _tell(version: PolicyVersion, approver: Any) -> None:
    """Have the worker tell everybody. Who approved the policy has approved that it is told."""
    parameters = {
        "version": version.pk,
        "number": version.number,
        "asks": version.mode == PolicyVersion.Mode.ASK,
        "effective_at": version.effective_at,
        "summary": version.summary,
    }
    campaign = Campaign(
        notice=POLICY_CHANGED.slug,
        audience=EVERYBODY.name,
        parameters=pack(parameters),
        stage=Stage.GATHERING,
        written_by=version.written_by,
        approved_by=approver,
        begun_at=timezone.now(),
    )
    campaign.approved = campaigns.fingerprint(campaign)
    campaign.save()
    campaign.writers.set(version.writers.all())
