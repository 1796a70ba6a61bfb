"""Every test begins without keys in memory: a crowd has the same ids each time, and new keys."""

import pytest

from encryption.keys import forget_keys


@pytest.fixture(autouse=True)
def _no_keys_in_memory() -> None:
    forget_keys()
