"""Doubts about somebody's age: reported by anybody, looked at by the staff of safety, settled with a reason.

Whatever is told about a member while a case is open is added to it, so that nobody learns from an answer whether
others have reported them. Who reported is written down nowhere; what was told is sealed with the member's key.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from backoffice.approval import NotNow, YourOwnWords, step
from notifications.sending import notify
from privacy.erasure import erase_now
from privacy.juveniles import age_on
from privacy.models import AgeCase

from . import notices
from .models import Member, Profile
from .profiles import write_values

Stage = AgeCase.Stage
DECIDABLE = (Stage.LOOKED, Stage.ASKED)
# More of the same is counted by nobody: it would be a way to fill the table.
MOST_TOLD = 20
NO_DATE = " " * len("2026-05-04")


class Teller(TextChoices):
    """By whom something was told, as a kind."""

    VISITOR = "visitor", _("somebody without an account")
    MEMBER = "member", _("another member")
    STAFF = "staff", _("staff")
    SELF = "self", _("the member")


class Finding(TextChoices):
    """What staff make of a case."""

    # Of one length, as a date and none are: how long what is sealed is says nothing either.
    CHILD = "a child", _("A child under the minimum age: erase the account")
    DATE = "another", _("The birth date is another one: correct it")
    NOTHING = "nothing", _("Leave everything as it is")


class Refused(Enum):
    """Why a finding cannot be."""

    NO_DATE = "no date"
    TOO_YOUNG = "too young"


class CannotBe(Exception):
    """That cannot be found. ``why`` says what is in the way."""

    def __init__(self, why: Refused) -> None:
        super().__init__()
        self.why = why


# --- what is told -------------------------------------------------------------------------------------------------
@transaction.atomic
def tell(member: Member, words: str, *, teller: Teller, born: date | None = None) -> AgeCase:
    """Write down what was told about the age of ``member``, in the case that is open or in a new one.

    From then on nothing of theirs is given to partners. It costs the same whether there was a case, and says nothing.
    """
    Member.objects.select_for_update().get(pk=member.pk)
    entry = {"by": teller.value, "at": timezone.now().isoformat(), "words": words, "born": _written(born)}
    case = open_case(member) or AgeCase(member=member, told=[])
    told = case.told if isinstance(case.told, list) else []
    if len(told) < MOST_TOLD:
        case.told = [*told, entry]
    case.save()
    return case


def open_case(member: Member) -> AgeCase | None:
    """Return the case of ``member`` that is not closed, if there is one."""
    return AgeCase.objects.open().filter(member=member).first()


@dataclass(frozen=True)
class Standing:
    """What a member may know of the question of their age: what they asked themself, and what they are asked."""

    has_asked: bool = False
    awaits_answer: bool = False


def standing_of(member: Member) -> Standing:
    """Return where the case of ``member`` stands for them. That others reported them is not for them to learn."""
    case = open_case(member)
    if case is None:
        return Standing()
    told = case.told if isinstance(case.told, list) else []
    has_asked = any(entry["by"] == Teller.SELF and entry["born"] != NO_DATE for entry in told)
    return Standing(has_asked, awaits_answer=case.stage == Stage.ASKED)


@transaction.atomic
def member_corrected(member: Member) -> None:
    """Write down for staff that ``member`` has corrected their birth date themself, if it is in question."""
    if open_case(member) is not None:
        tell(member, gettext("(has corrected the birth date)"), teller=Teller.SELF)


@transaction.atomic
def answer(member: Member, words: str) -> bool:
    """Write down what ``member`` says when staff asked them; say False if nobody did. It is for staff to look again."""
    Member.objects.select_for_update().get(pk=member.pk)
    case = open_case(member)
    if case is None or case.stage != Stage.ASKED:
        return False
    tell(member, words, teller=Teller.SELF)
    step(case, (Stage.ASKED,), stage=Stage.LOOKED)
    return True


# --- what staff do ------------------------------------------------------------------------------------------------
def look(case: AgeCase) -> None:
    """Take a case up. Raises ``NotNow``."""
    step(case, (Stage.OPEN,), stage=Stage.LOOKED)


@transaction.atomic
def ask(case: AgeCase) -> None:
    """Ask the member whether their birth date is right. Raises ``NotNow``."""
    step(case, (Stage.LOOKED,), stage=Stage.ASKED)
    notify(notices.CONFIRM_BIRTH_DATE, case.member)


@transaction.atomic
def decide(case: AgeCase, finding: Finding, *, by: Member, reason: str, born: date | None = None) -> None:
    """Settle a case. A child's account waits for a second member of staff; everything else counts at once.

    The member is told in the same words whatever it was about, unless their account is to be erased. Raises ``NotNow``,
    ``CannotBe``, and ``PermissionDenied`` for oneself, and for a colleague unless ``by`` is a superuser.
    """
    member = Member.objects.select_for_update().get(pk=case.member_id)
    if member.pk == by.pk or (member.is_staff and not by.is_superuser):
        raise PermissionDenied
    if finding is Finding.DATE:
        _refuse_impossible(born)
    said = {"finding": finding.value, "reason": reason, "born": _written(born if finding is Finding.DATE else None)}
    stage = Stage.PROPOSED if finding is Finding.CHILD else Stage.CLOSED
    closed_at = None if finding is Finding.CHILD else timezone.now()
    step(case, DECIDABLE, stage=stage, finding=_sealed(case, said), decided_by=by, closed_at=closed_at)
    if finding is Finding.DATE:
        write_values(Profile.objects.select_for_update().get(pk=member.pk), {"birth_date": born})
    if finding is not Finding.CHILD:
        notify(notices.BIRTH_DATE_SETTLED, member, is_changed=finding is Finding.DATE)


def _refuse_impossible(born: date | None) -> None:
    if born is None:
        raise CannotBe(Refused.NO_DATE)
    if age_on(born, timezone.localdate()) < settings.MINIMUM_AGE:
        raise CannotBe(Refused.TOO_YOUNG)


def _written(born: date | None) -> str:
    return born.isoformat() if born else NO_DATE


def _sealed(case: AgeCase, said: dict[str, str]) -> Any:
    field: Any = AgeCase._meta.get_field("finding")
    return field.seal(case.member_id, said)


def take_back(case: AgeCase) -> None:
    """Look again at what was to be erased. Raises ``NotNow``."""
    step(case, (Stage.PROPOSED,), stage=Stage.LOOKED, finding=None, decided_by=None)


@transaction.atomic
def approve(case: AgeCase, *, by: Member) -> None:
    """Have a child's account erased without grace: from now on nobody sees it, and soon nothing of it is left.

    Raises ``YourOwnWords`` for who decided it, and ``NotNow``.
    """
    case = AgeCase.objects.select_for_update().get(pk=case.pk)
    if case.stage != Stage.PROPOSED:
        raise NotNow
    if case.decided_by_id in (None, by.pk) or case.member_id == by.pk:
        raise YourOwnWords
    step(case, (Stage.PROPOSED,), stage=Stage.CLOSED, approved_by=by, closed_at=timezone.now())
    erase_now(case.member, by=by, because=f"case of age {case.pk}")
    Member.objects.filter(pk=case.member_id).update(is_active=False)  # there is no way back that signing in could open
