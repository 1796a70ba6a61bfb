"""Fixtures of the whole suite. The environment itself is made by ``tests/plugin.py``."""

# Named here because a plugin's fixture gives way to those of pytest-django and pytest-playwright, a conftest's not.
from tests.plugin import browser_type_launch_args, django_db_modify_db_settings

__all__ = ["browser_type_launch_args", "django_db_modify_db_settings"]
