"""The policy that an installation starts with, so that there is something to agree to."""

from datetime import datetime
from pathlib import Path

from django.utils import timezone

from privacy.models import PolicyVersion

FIRST = "1"
FIRST_TEXT = Path(__file__).parent / "1.md"


def first_policy_text() -> str:
    return FIRST_TEXT.read_text(encoding="utf-8")


def ensure_first_policy(effective_at: datetime | None = None) -> PolicyVersion | None:
    """Publish the first version if there is no version at all; return it if it was made now."""
    if PolicyVersion.objects.exists():
        return None
    return PolicyVersion.objects.bring(FIRST, first_policy_text(), effective_at or timezone.now())


def retract_untouched_first_policy() -> None:
    """Take the shipped first version back while nobody has agreed to it: a described world brings its own."""
    PolicyVersion.objects.filter(number=FIRST, body=first_policy_text(), acceptances=None).delete()
