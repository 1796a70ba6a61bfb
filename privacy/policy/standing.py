"""The facts of the policy that this storey and those below know of."""

import os
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from catalogue.fingerprint import fingerprint
from catalogue.registry import personal_data, stores
from catalogue.vocabulary import Audience
from encryption.envelope import DataKey, DecryptionError, encode_context
from notifications.models import WAITING, Notification
from privacy.defaults import defaults_in_force
from privacy.models import ErasureRequest, PolicyVersion

from .facts import Reading, counted, none_expected, register_fact, switch
from .versions import is_out_of_date

# What is due longer than this was left lying: no worker looks at the outbox.
WORKER_LATE = timedelta(minutes=10)


def versions() -> Reading:
    """Return how many versions were ever in force, and since when the present one is."""
    days = list(PolicyVersion.objects.in_force().values_list("effective_at", flat=True))
    if not days:
        return Reading(_("none"), is_well=False)
    since = date_format(timezone.localtime(days[0]), "j F Y")
    words = ngettext("%(count)d; in force since %(day)s", "%(count)d; the latest since %(day)s", len(days))
    return Reading(words % {"count": len(days), "day": since})


def declared() -> Reading:
    """Return how many pieces of information are declared, and that nothing else is held: the site would not start."""
    count = sum(len(data.fields) for data in personal_data())
    words = ngettext("%(count)d, and nothing else", "%(count)d, and nothing else", count) % {"count": count}
    return Reading(words, is_well=True)


def up_to_date() -> Reading:
    """Return whether the version in force was published with what is declared today."""
    is_old = is_out_of_date()
    words = _("no: something is declared since") if is_old else _("yes")
    return Reading(words, is_well=not is_old)


def seal_of_declarations() -> Reading:
    """Return by what the declarations are known: one that is changed changes it."""
    return Reading(fingerprint()[:16])


def with_an_end() -> Reading:
    """Return how many of the declared things end by the clock, whatever becomes of the account."""
    fields = [field for data in personal_data() for field in data.fields]
    ending = sum(field.keep_for is not None for field in fields)
    kept = sum(store.keep_for is not None for store in stores())
    return Reading(_("%(fields)d, and %(stores)d places outside the database") % {"fields": ending, "stores": kept})


def grace() -> Reading:
    """Return for how long somebody who cancels can come back."""
    return Reading(_days(settings.CANCELLATION_GRACE))


def waiting_to_leave() -> Reading:
    """Return how many accounts wait for their end."""
    return counted(ErasureRequest.objects.filter(kept_at=None, done_at=None, due_at__gt=timezone.now()))


def overdue_erasures() -> Reading:
    """Return whether an account is still there that should have been erased."""
    return none_expected(ErasureRequest.objects.overdue(timezone.now()))


def adjustable() -> Reading:
    """Return how many fields have an audience that their owner sets."""
    return Reading(str(len(defaults_in_force())))


def open_defaults() -> Reading:
    """Return how many fields start open to everyone, and how many at most to members."""
    audiences = list(defaults_in_force().values())
    counts = {"everyone": audiences.count(Audience.EVERYONE), "members": audiences.count(Audience.MEMBERS)}
    return Reading(_("%(everyone)d for everyone, %(members)d for members") % counts)


def waiting_notices() -> Reading:
    """Return how many notices wait to leave, those of campaigns among them."""
    waiting = Notification.objects.filter(state__in=WAITING)
    return counted(waiting.filter(campaign=None), waiting.filter(campaign__isnull=False))


def worker() -> Reading:
    """Return whether the worker is at it: nothing that is due was left lying."""
    late = Notification.objects.filter(
        state__in=WAITING, campaign=None, lease_until=None, due_at__lte=timezone.now() - WORKER_LATE
    )
    is_late = late.exists()
    return Reading(_("behind") if is_late else _("nothing that is due is left lying"), is_well=not is_late)


def sealed() -> Reading:
    """Return how many of the declared things are sealed with a key of their owner."""
    count = sum(field.encrypted for data in personal_data() for field in data.fields)
    return Reading(str(count))


def cipher() -> Reading:
    """Try the cipher: what one key of 256 bits sealed opens with it, and with no other."""
    context = encode_context("policy.kept")
    right, wrong = (DataKey(os.urandom(32), subject=0, generation=1) for _key in range(2))
    envelope = right.seal(b"a hedge around every field", context)
    is_well = right.open(envelope, context) == b"a hedge around every field" and not _opens(wrong, envelope, context)
    return Reading(_("AES-256-GCM, just tried") if is_well else _("out of order"), is_well=is_well)


def _opens(key: DataKey, envelope: bytes, context: bytes) -> bool:
    try:
        key.open(envelope, context)
    except DecryptionError:
        return False
    return True


def minimum_age() -> Reading:
    """Return from which age on one can join."""
    return Reading(_years(settings.MINIMUM_AGE))


def adult_age() -> Reading:
    """Return below which age the strictest settings hold."""
    return Reading(_years(settings.ADULT_AGE))


def limits() -> Reading:
    """Return whether tries are counted."""
    return switch(on=settings.LIMITS)


def _days(length: timedelta) -> str:
    return ngettext("%(count)d day", "%(count)d days", length.days) % {"count": length.days}


def _years(count: int) -> str:
    return ngettext("%(count)d year", "%(count)d years", count) % {"count": count}


def register() -> None:
    """Add all of them."""
    for promise, label, read in (
        ("I1", gettext_lazy("Versions that were ever in force"), versions),
        ("A1", gettext_lazy("Pieces of information declared"), declared),
        ("A1", gettext_lazy("Fingerprint of the declarations"), seal_of_declarations),
        ("A1", gettext_lazy("The version in force was published with them"), up_to_date),
        ("B3", gettext_lazy("Pieces that end by the clock"), with_an_end),
        ("D1", gettext_lazy("Time to change one's mind"), grace),
        ("D1", gettext_lazy("Accounts waiting for their end"), waiting_to_leave),
        ("D2", gettext_lazy("Accounts overdue for erasure"), overdue_erasures),
        ("E1", gettext_lazy("Fields whose audience their owner sets"), adjustable),
        ("E2", gettext_lazy("Fields of adults that start open"), open_defaults),
        ("F5", gettext_lazy("Notices waiting to leave"), waiting_notices),
        ("F5", gettext_lazy("Worker that sends them"), worker),
        ("K2", gettext_lazy("Cipher"), cipher),
        ("K2", gettext_lazy("Pieces of information sealed"), sealed),
        ("M2", gettext_lazy("The strictest settings hold below"), adult_age),
        ("M3", gettext_lazy("Nobody joins below"), minimum_age),
        ("N1", gettext_lazy("Limits to how often things can be tried"), limits),
    ):
        register_fact(promise, label, read)
