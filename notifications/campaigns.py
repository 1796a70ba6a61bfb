"""One notice to many: written, approved by somebody else, planned, paused, resumed and stopped by staff.

What has to be done for it is done by the worker, see ``gathering``.
"""

import hashlib
import json
from typing import Any

from django.db import transaction

from backoffice.approval import Changed, NotNow, YourOwnWords, is_written_by, step

from .models import UNSTARTED, Campaign, Stage
from .notices import Notice, notice_of
from .sending import notify
from .written import TRIAL

# Taken up again where it was paused: before everybody was counted, or after.
GOING = (Stage.GATHERING, Stage.SENDING)


def occasion_of(campaign: Campaign) -> str:
    """Return the occasion by which nobody is told the same campaign twice."""
    return f"campaign-{campaign.pk}"


def fingerprint(campaign: Campaign) -> str:
    """Return what is the same as long as nothing of ``campaign`` is changed: 64 hexadecimal digits."""
    starts_at = campaign.starts_at.isoformat() if campaign.starts_at else None
    content = [campaign.notice, campaign.audience, campaign.parameters, starts_at]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write(campaign: Campaign, *, by: Any) -> None:
    """Store what ``by`` wrote; an approval of what stood there before is void. Raises ``NotNow`` once it has begun.

    Nothing is done where nothing was changed: whoever saves what somebody else wrote has not written it.
    """
    with transaction.atomic():
        kept = Campaign.objects.select_for_update().filter(pk=campaign.pk, stage__in=UNSTARTED).first()
        if campaign.pk is not None and kept is None:
            raise NotNow
        if kept is not None and fingerprint(kept) == fingerprint(campaign):
            return
        campaign.stage, campaign.written_by = Stage.DRAFT, by
        campaign.approved_by, campaign.approved = None, ""
        campaign.needs_approval = notice_of(campaign.notice).needs_approval
        campaign.save()
        campaign.writers.add(by)


def copy_of(campaign: Campaign) -> Campaign:
    """Return another campaign, not stored yet, that says the same to the same people."""
    return Campaign(
        notice=campaign.notice,
        audience=campaign.audience,
        parameters=campaign.parameters,
        starts_at=campaign.starts_at,
    )


def finish_writing(campaign: Campaign) -> None:
    """Have it approved, or planned where nobody has to approve it. Raises ``NotNow``."""
    following = Stage.ASKED if notice_of(campaign.notice).needs_approval else Stage.PLANNED
    step(campaign, (Stage.DRAFT,), stage=following)


def approve(campaign: Campaign, seen: str, *, by: Any) -> None:
    """Approve what ``by`` has ``seen``, its fingerprint, and have it begin at its time.

    Raises ``YourOwnWords``, ``Changed`` or ``NotNow``.
    """
    with transaction.atomic():
        stored = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if is_written_by(stored, by):
            raise YourOwnWords
        if fingerprint(stored) != seen:
            raise Changed
        step(stored, (Stage.ASKED,), stage=Stage.PLANNED, approved_by=by, approved=seen)


def take_back(campaign: Campaign) -> None:
    """Have it written again before it has begun; an approval is void. Raises ``NotNow``."""
    step(campaign, (Stage.ASKED, Stage.PLANNED), stage=Stage.DRAFT, approved_by=None, approved="")


def pause(campaign: Campaign) -> None:
    """Let nothing of it leave that is not on its way. Raises ``NotNow``."""
    step(campaign, GOING, stage=Stage.PAUSED)


def resume(campaign: Campaign) -> None:
    """Go on with what was paused. Raises ``NotNow``."""
    with transaction.atomic():
        stored = Campaign.objects.select_for_update().get(pk=campaign.pk)
        step(stored, (Stage.PAUSED,), stage=Stage.SENDING if stored.gathered_at else Stage.GATHERING)


def stop(campaign: Campaign) -> None:
    """Hold back for good what has not left. Raises ``NotNow``."""
    step(campaign, (*GOING, Stage.PAUSED), stage=Stage.STOPPING)


def try_out(campaign: Campaign, *, by: Any) -> None:
    """Send it to ``by``, as its recipients would have it."""
    notify(TRIAL, by, slug=campaign.notice, **campaign.parameters)


def notice_for(campaign: Campaign) -> Notice:
    """Return the notice of ``campaign``. Raises ``UnknownNotice``."""
    return notice_of(campaign.notice)
