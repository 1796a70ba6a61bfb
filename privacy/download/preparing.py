"""Preparing a download: claimed for a short while, written part by part, begun anew by whoever comes after a kill."""

import logging
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from encryption.keys import KeyDestroyed, KeyMissing
from notifications.sending import notify
from privacy.information.holding import declared, rows_about
from privacy.models import Download
from privacy.notices.download import DOWNLOAD_READY

from . import parts
from .content import write

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 5
# Progress is written so often, and the lease renewed by it.
EVERY = 200
State = Download.State
OPEN = (State.QUEUED, State.PREPARING)


class TakenAway(Exception):
    """The row is gone, or somebody else has taken it up."""


def prepare_due(now: datetime) -> int:
    """Prepare every download that waits or was left; return how many were. One that fails holds up no other."""
    return sum(_prepare_alone(number) for number in _due(now))


def _due(now: datetime) -> list[int]:
    return list(_free(now).order_by("asked_at").values_list("pk", flat=True))


def _free(now: datetime) -> QuerySet[Download]:
    """Return what is to be prepared and nobody is at."""
    return Download.objects.filter(Q(lease=None) | Q(lease_until__lte=now), state__in=OPEN)


def _prepare_alone(number: int) -> bool:
    try:
        return prepare(number, timezone.now())
    except (TakenAway, KeyDestroyed, KeyMissing):
        return False
    except Exception as error:  # noqa: BLE001  # whatever it is, others go on
        logger.error("download %s cannot be prepared: %s", number, type(error).__name__)  # noqa: TRY400
        return False


def prepare(number: int, now: datetime) -> bool:
    """Prepare one download; say False if it is not to be had. Raises TakenAway once somebody else has it."""
    download = _take(number, now)
    if download is None:
        return False
    parts.erase(download)  # what an earlier attempt has left
    run = _Run(download)
    target = parts.Sealing(download, run.expect)
    write(target, download.member, run.step)
    target.finish()
    run.end(target.written)
    return True


def _take(number: int, now: datetime) -> Download | None:
    lease, waiting = uuid4(), _free(now).filter(pk=number)
    if waiting.filter(attempts__gte=MOST_ATTEMPTS).update(state=State.FAILED, lease=None):
        return None
    waiting.update(state=State.PREPARING, lease=lease, lease_until=now + LEASE, attempts=F("attempts") + 1, done=0)
    return Download.objects.select_related("member").filter(lease=lease).first()


class _Run:
    """One attempt: writes down how far it has come, and stops once it is not its own any more."""

    def __init__(self, download: Download) -> None:
        self.download, self.done = download, 0
        self.earlier = download.parts
        self._note(total=sum(rows_about(data, download.member).count() for data in declared()))

    def step(self) -> None:
        self.done += 1
        if self.done % EVERY == 0:
            self._note(done=self.done)

    def expect(self, count: int) -> None:
        # What an earlier attempt stored stays named until it is written over or the file is complete.
        self._note(parts=max(count, self.earlier))
        self.download.parts = count

    def end(self, size: int) -> None:
        now = timezone.now()
        with transaction.atomic():
            self._note(
                state=State.READY,
                done=self.done,
                total=self.done,
                parts=self.download.parts,
                size=size,
                ready_at=now,
                expires_at=now + settings.DOWNLOAD_KEPT,
                lease=None,
                lease_until=None,
            )
            notify(
                DOWNLOAD_READY,
                self.download.member,
                until=now + settings.DOWNLOAD_KEPT,
                occasion=f"download-{self.download.pk}",
            )

    def _note(self, **values: object) -> None:
        mine = Download.objects.filter(pk=self.download.pk, lease=self.download.lease)
        if not mine.update(**({"lease_until": timezone.now() + LEASE} | values)):
            raise TakenAway
