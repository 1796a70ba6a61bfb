"""Which version of the policy is in force, and who agreed to it."""

import hashlib
from typing import Any

from django.utils.translation import get_language

from privacy.models import PolicyAcceptance, PolicyVersion


def policy_in_force() -> PolicyVersion:
    """Return the version in force. Raises ``PolicyVersion.DoesNotExist`` before the first."""
    version = PolicyVersion.objects.in_force().first()
    if version is None:
        raise PolicyVersion.DoesNotExist
    return version


def agree(member: Any, version: PolicyVersion) -> PolicyAcceptance:
    """Record that ``member`` agreed to ``version``: text, language, time. Saying so twice changes nothing."""
    evidence = {"text_digest": hashlib.sha256(version.body.encode()).hexdigest(), "language": get_language() or "en"}
    return PolicyAcceptance.objects.get_or_create(member=member, version=version, defaults=evidence)[0]
