"""Legal holds: asked for by one of the staff, approved by another, for twelve months at most, for named data only.

What is held is not erased until the hold ends, and nobody sees it meanwhile. It goes by itself afterwards.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import CASCADE, Model, QuerySet
from django.utils import timezone

from backoffice.approval import NotNow, YourOwnWords
from catalogue.declarations import PersonalData
from catalogue.registry import personal_data, stores
from privacy.models import ErasureRequest, ErasureStep, LegalHold

LONGEST = timedelta(days=365)
# What ends by a clock of its own or when somebody leaves, whatever is held: how one signs in, and what is under way.
NEVER_HELD = (
    *("security.Session", "security.SignIn", "security.Token", "security.Interrupted", "security.AuthenticatorApp"),
    *("security.RecoveryCodes", "security.RecoveryCode", "security.Passkey", "security.StepRemoval"),
    *("django_otp_webauthn.WebAuthnUserHandle", "accounts.PhoneCode", "accounts.StaffInvitation"),
    *("notifications.Notification", "privacy.ErasureRequest", "privacy.LegalHold"),
)


class TooLate(Exception):
    """What it would hold is erased already, or cannot be read any more."""


class TooLong(ValueError):
    """It would end more than twelve months from now, or has ended already."""


def holdable() -> tuple[str, ...]:
    """Return the labels of the models that can be held. Files are not, nor are rows that are nothing without them."""
    files = {label for store in stores() for label in store.models}
    return tuple(data.model for data in personal_data() if data.subjects and data.model not in {*files, *NEVER_HELD})


# --- acts of the staff --------------------------------------------------------------------------------------------
@transaction.atomic
def ask(
    member: Any,
    *,
    ground: str,
    reference: str,
    held: Iterable[str],
    until: datetime,
    secret_until: datetime | None,
    by: Any,
) -> LegalHold:
    """Ask for a hold; it holds nothing before somebody else approves it.

    Raises TooLong for a term of more than twelve months, ValueError for what cannot be held.
    """
    labels = sorted(set(held))
    if not labels or not set(labels) <= set(holdable()):
        raise ValueError("name models that can be held")
    now = timezone.now()
    for end in filter(None, (until, secret_until)):
        _expect_term(end, now)
    return LegalHold.objects.create(
        member=member,
        ground=ground,
        reference=reference,
        held=labels,
        asked_by=by,
        asked_at=now,
        asked_end=until,
        secret_until=secret_until,
    )


@transaction.atomic
def approve(hold: LegalHold, *, until: datetime, by: Any) -> None:
    """Have ``hold`` in force until the day that was asked for, which whoever approves has seen as ``until``.

    Raises YourOwnWords for who asked, NotNow where something else is asked for meanwhile or the day has come, TooLate
    where the data are erased or unreadable.
    """
    hold = _locked(hold)
    if hold.asked_by_id == by.pk:
        raise YourOwnWords
    if not hold.is_waiting or hold.asked_end != until or until <= timezone.now():
        raise NotNow
    _refuse_what_is_gone(hold)
    hold.approved_by, hold.approved_at, hold.ends_at = by, timezone.now(), hold.asked_end
    hold.save(update_fields=["approved_by", "approved_at", "ends_at"])


@transaction.atomic
def extend(hold: LegalHold, *, until: datetime, by: Any) -> None:
    """Ask for a later end; until somebody else approves that, the one there was counts. Raises NotNow, TooLong."""
    hold = _locked(hold)
    now = timezone.now()
    if hold.lifted_at is not None or hold.ends_at is None or hold.ends_at <= now:
        raise NotNow
    _expect_term(until, now)
    hold.asked_by, hold.asked_at, hold.asked_end = by, now, until
    hold.approved_by = hold.approved_at = None
    hold.save(update_fields=["asked_by", "asked_at", "asked_end", "approved_by", "approved_at"])


@transaction.atomic
def lift(hold: LegalHold, *, by: Any) -> None:
    """End ``hold`` now; what it held is erased at the next turn. Raises NotNow for one that was lifted."""
    hold = _locked(hold)
    if hold.lifted_at is not None:
        raise NotNow
    hold.lifted_by, hold.lifted_at = by, timezone.now()
    hold.save(update_fields=["lifted_by", "lifted_at"])
    held = ErasureStep.objects.filter(request__member=hold.member_id, state=ErasureStep.State.HELD)
    held.update(due_at=timezone.now())


def _locked(hold: LegalHold) -> LegalHold:
    """Return the hold as it is now, and nobody else's; an erasure that is under way waits as well."""
    list(ErasureRequest.objects.select_for_update().filter(member=hold.member_id, kept_at=None))
    return LegalHold.objects.select_for_update().get(pk=hold.pk)


def _expect_term(end: datetime, now: datetime) -> None:
    if not now < end <= now + LONGEST:
        raise TooLong


def _refuse_what_is_gone(hold: LegalHold) -> None:
    """Raise TooLate for a hold on what cannot be read any more, unless it prolongs one that was there before."""
    key = ErasureStep.objects.filter(request__member=hold.member_id, name="key", state=ErasureStep.State.DONE)
    is_new = hold.ends_at is None or hold.ends_at <= timezone.now()
    if hold.member_id is None or (is_new and key.exists()):
        raise TooLate


# --- what is held -------------------------------------------------------------------------------------------------
def in_force(member_id: int, now: datetime) -> QuerySet[LegalHold]:
    """Return what holds data of a member at ``now``."""
    return LegalHold.objects.in_force(now).filter(member=member_id)


def told_to(member: Any) -> list[LegalHold]:
    """Return the holds of which ``member`` may know."""
    return list(LegalHold.objects.to_be_told(timezone.now()).filter(member=member).order_by("ends_at"))


def holding_until(member_id: int, label: str, now: datetime) -> datetime | None:
    """Return until when one model is held of a member, None if it is not."""
    return max(
        (hold.ends_at for hold in in_force(member_id, now) if hold.ends_at and label in reach(hold.held)), default=None
    )


def held_models(member_id: int, now: datetime) -> set[str]:
    """Return the labels of everything that is held of a member at ``now``."""
    return {label for hold in in_force(member_id, now) for label in reach(hold.held)}


def held_by_model(now: datetime) -> dict[str, set[int]]:
    """Return whose data are held at ``now``, by the label of the model."""
    found: dict[str, set[int]] = defaultdict(set)
    for hold in LegalHold.objects.in_force(now).filter(member__isnull=False):
        for label in reach(hold.held):
            found[label].add(hold.member_id or 0)
    return found


def spare(rows: QuerySet[Any], data: PersonalData, held: Mapping[str, Collection[int]]) -> QuerySet[Any]:
    """Leave out of ``rows`` of a declared model those that are ``held`` of somebody they are about."""
    for path in data.subjects if held.get(data.model) else ():
        rows = rows.exclude(**{"pk__in" if path == "self" else f"{path}__in": held[data.model]})
    return rows


def reach(labels: Collection[str]) -> set[str]:
    """Return ``labels``, and those of the models whose rows they would go with."""
    found: set[str] = set()
    under_way = list(labels)
    while under_way:
        label = under_way.pop()
        if label not in found:
            found.add(label)
            under_way += _goes_with(apps.get_model(label))
    return found


def _goes_with(model: type[Model]) -> list[str]:
    person, declared = get_user_model(), {data.model for data in personal_data() if data.subjects}
    relations: list[Any] = [field for field in model._meta.concrete_fields if field.is_relation]
    above = [field.related_model for field in relations if field.remote_field.on_delete is CASCADE]
    return [each._meta.label for each in above if each is not person and each._meta.label in declared]
