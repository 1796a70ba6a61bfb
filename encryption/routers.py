"""Which tables live beside the data and which in the keystore."""

from typing import Any

KEYSTORE = "keystore"
APP_LABEL = "encryption"


class KeystoreRouter:
    """Sends the app ``encryption`` to the keystore, and nothing else there."""

    def db_for_read(self, model: type, **hints: Any) -> str | None:
        """Read keys from the keystore."""
        return KEYSTORE if _label(model) == APP_LABEL else None

    def db_for_write(self, model: type, **hints: Any) -> str | None:
        """Write keys to the keystore."""
        return KEYSTORE if _label(model) == APP_LABEL else None

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool | None:
        """Refuse relations between a key and anything else: they never share a database."""
        labels = {_label(first), _label(second)}
        return None if APP_LABEL not in labels else labels == {APP_LABEL}

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Say which tables a database gets: keys to the keystore, everything else elsewhere."""
        if db == KEYSTORE or app_label == APP_LABEL:
            return db == KEYSTORE and app_label == APP_LABEL
        return None


def _label(model: Any) -> str:
    label: str = model._meta.app_label
    return label
