from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notices")

    def ready(self) -> None:
        from . import checks, written  # noqa: F401  # register themselves

        autodiscover_modules("notices")
        if settings.MAIL_PROVIDER:
            from . import provider

            provider.connect()
