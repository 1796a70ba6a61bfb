"""What a development site makes for itself once. Production makes nothing: see ``encryption.checks``."""

from pathlib import Path

from django.conf import settings

from encryption.keys import create_key_file


def make_first_keys() -> None:
    """Make the key file of a development site that holds no data yet.

    Where there are data, a missing key file has been lost: new keys would open none of them, and hide the loss.
    """
    if settings.PRODUCTION or Path(settings.KEY_FILE).exists() or has_data():
        return
    create_key_file(settings.KEY_FILE)


def has_data() -> bool:
    """Tell whether one of the SQLite databases has been created; a server is not asked while starting."""
    names = [Path(database["NAME"]) for database in settings.DATABASES.values() if "sqlite" in database["ENGINE"]]
    return any(name.exists() for name in names)
