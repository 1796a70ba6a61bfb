"""Fixtures of the whole suite. The environment itself is made by ``tests/plugin.py``."""

import time

import pytest

from encryption.keys import forget_keys

# Named here because a conftest overrides the fixtures of every plugin, and a plugin only of those loaded before it.
from tests.plugin import browser_type_launch_args, django_db_modify_db_settings

__all__ = ["browser_type_launch_args", "django_db_modify_db_settings"]


@pytest.fixture(autouse=True)
def _no_keys_in_memory() -> None:
    """Begin without keys: those of the test before are undone, and its members may come again with the same ids."""
    forget_keys()


@pytest.fixture(autouse=True)
def _nothing_asks_again() -> None:
    """Begin with no version of the policy that asks again, as if it had been looked at this very moment."""
    from privacy.policy import asking

    asking._schedule.days, asking._schedule.looked_at = [], time.monotonic()
