"""The app that holds keys and opens what they close."""

from django.apps import AppConfig


class EncryptionConfig(AppConfig):
    """Registers the system checks of encryption."""

    name = "encryption"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Load the checks, which register themselves."""
        import encryption.checks  # noqa: F401
