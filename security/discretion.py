"""Answers that take as long whoever is asked about."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

# Longer than the work behind any of these answers, a password hash included: see manage.py calibrate_passwords.
EVEN_SECONDS = 0.5


@contextmanager
def even_time() -> Iterator[None]:
    """Let what happens inside take ``EVEN_SECONDS``, so that nobody learns by the clock whether there is an account.

    Not to be used inside a transaction, which would keep everybody else waiting too.
    """
    begun = time.perf_counter()
    try:
        yield
    finally:
        even_out(begun)


def even_out(begun: float) -> None:
    """Wait until ``EVEN_SECONDS`` have gone by since ``begun``, a moment of ``time.perf_counter``."""
    if settings.LIMITS:
        time.sleep(max(0.0, begun + EVEN_SECONDS - time.perf_counter()))
