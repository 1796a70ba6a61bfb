"""Fixtures of the whole suite. The environment itself is made by ``tests/plugin.py``."""

# Named here because a conftest overrides the fixtures of every plugin, and a plugin only of those loaded before it.
from tests.plugin import browser_type_launch_args, django_db_modify_db_settings

__all__ = ["browser_type_launch_args", "django_db_modify_db_settings"]
