"""The keys of erasures: those of letters that wait to be sent, and of what the law forbids to erase."""

from collections.abc import Iterator

from privacy.models import ErasureRequest, ErasureStep


def keys_kept_apart() -> Iterator[int]:
    """Yield the number of every key that an erasure holds for a while, and no member."""
    yield from ErasureRequest.objects.filter(begun_at__isnull=False, done_at=None).values_list("pk", flat=True)
    yield from ErasureStep.objects.filter(has_key=True).values_list("pk", flat=True)
