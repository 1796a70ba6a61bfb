"""Which version of the policy is in force, and who agreed to it."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language

from catalogue.fingerprint import fingerprint
from privacy.models import PolicyAcceptance, PolicyVersion, pseudonym_of


def policy_in_force() -> PolicyVersion:
    """Return the version in force. Raises ``PolicyVersion.DoesNotExist`` before the first."""
    version = PolicyVersion.objects.in_force().first()
    if version is None:
        raise PolicyVersion.DoesNotExist
    return version


def is_out_of_date() -> bool:
    """Say whether something else is declared by now than when the version in force was published."""
    version = PolicyVersion.objects.in_force().first()
    return version is not None and version.catalogue_fingerprint != fingerprint()


def agree(member: Any, version: PolicyVersion, *, at: datetime | None = None) -> PolicyAcceptance:
    """Record that ``member`` agreed to ``version``: text, language, time (now). Saying so twice changes nothing."""
    who = pseudonym_of(member.get_username())
    evidence = evidence_of(version) | {"pseudonym": who, "accepted_at": at or timezone.now()}
    return PolicyAcceptance.objects.get_or_create(member=member, version=version, defaults=evidence)[0]


def evidence_of(version: PolicyVersion) -> dict[str, Any]:
    """Return which text somebody agrees to who does so now, and in which language they read it."""
    return {"version": version, "text_digest": version.text_digest, "language": get_language() or "en"}


def disclaim(member: Any) -> None:
    """Delete what ``member`` agreed to, for an account that never came to be."""
    PolicyAcceptance.objects.filter(member=member.pk).delete()
