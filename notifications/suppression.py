"""Addresses that take nothing: found out when mail comes back, and not written to any more."""

from encryption.blind_index import blind_index

from .models import Suppression

CONTEXT = "notifications_suppression.digest"


def suppress(address: str, reason: Suppression.Reason, code: str = "") -> None:
    """Remember that ``address`` takes nothing. Known already, it stays as it is."""
    digest = blind_index(CONTEXT, address)
    Suppression.objects.get_or_create(digest=digest, defaults={"reason": reason, "code": code})


def is_suppressed(address: str) -> bool:
    """Say whether ``address`` is known to take nothing."""
    return Suppression.objects.filter(digest=blind_index(CONTEXT, address)).exists()
