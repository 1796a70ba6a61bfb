import logging
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)


class PrivacyConfig(AppConfig):
    name = "privacy"
    verbose_name = _("Privacy")

    def ready(self) -> None:
        from encryption.rotation import register_kept_apart
        from notifications.preferences import end_marketing
        from notifications.recipients import register_juveniles

        from .erasure.apart import keys_kept_apart
        from .juveniles import juveniles_among, register_ending
        from .policy import standing

        register_kept_apart(keys_kept_apart)
        register_juveniles(juveniles_among)
        register_ending(end_marketing)
        standing.register()
        post_migrate.connect(_furnish, sender=self)


def _furnish(using: str, **kwargs: Any) -> None:
    """Make what no installation can do without: a default for every field, and a first policy."""
    if using != "default":
        return
    from .defaults import ensure_defaults
    from .policy.first import ensure_first_policy
    from .policy.versions import is_out_of_date

    ensure_defaults()
    ensure_first_policy()
    if is_out_of_date():
        logger.warning("what is declared has changed since the policy in force was published: publish a new version")
