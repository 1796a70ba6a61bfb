"""Versions of the policy as tests want them: in force since a given day, written by nobody."""

from datetime import datetime

from privacy.models import PolicyVersion


def publish(number: str, body: str, effective_at: datetime, mode: str = "tell") -> PolicyVersion:
    """Publish a version as one that the site came with."""
    return PolicyVersion.objects.bring(number, body, effective_at, mode)
