"""Answers that take as long whoever is asked about."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

# Longer than the work behind any of these answers, a password hash included: see manage.py calibrate_passwords.
EVEN_SECONDS = 0.5


@contextmanager
def even_time() -> Iterator[None]:
    """Let what happens inside take ``EVEN_SECONDS`` or a multiple of it.

    So nobody learns by the clock whether there is an account, also where a slow machine takes longer than once.

    Not to be used inside a transaction, which would keep everybody else waiting too.
    """
    begun = time.perf_counter()
    try:
        yield
    finally:
        even_out(begun)


def even_out(begun: float) -> None:
    """Wait until the next multiple of ``EVEN_SECONDS`` since ``begun``, a moment of ``time.perf_counter``."""
    if settings.LIMITS and EVEN_SECONDS:
        time.sleep(-(time.perf_counter() - begun) % EVEN_SECONDS)
