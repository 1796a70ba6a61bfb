"""System checks: what would make the seal worth less than it looks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from .ring import KeyFileError, ring
from .routers import KEYSTORE


@register("security")
def check_key_file(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a key file that is missing, malformed, or readable by others."""
    return list(_key_file_faults())


def _key_file_faults() -> Iterator[CheckMessage]:
    try:
        ring()
    except KeyFileError as error:
        yield Error(f"KEY_FILE: {error}.", id="encryption.E010")
        return
    if Path(settings.KEY_FILE).stat().st_mode & 0o077:
        yield Error("KEY_FILE can be read by others than its owner.", hint="chmod 600 it.", id="encryption.E011")


@register("security")
def check_keystore(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse keys in the same database as what they open."""
    stores = settings.DATABASES
    if KEYSTORE not in stores:
        return [Error("There is no database 'keystore'.", hint="Set KEYSTORE_URL.", id="encryption.E012")]
    same = [alias for alias in stores if alias != KEYSTORE and _place(stores[alias]) == _place(stores[KEYSTORE])]
    hint = "A dump must not hold both the keys and what they open."
    return [
        Error(f"The keystore is the same database as {alias!r}.", hint=hint, id="encryption.E013") for alias in same
    ]


def _place(database: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(database.get(part) or "") for part in ("ENGINE", "HOST", "PORT", "NAME"))
