"""The project as an application: its commands, its staff site."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConfigApp(AppConfig):
    """Carries the commands of ``config/management`` and readies Celery for whoever rings for work."""

    name = "config"
    verbose_name = "Hedgerow"

    def ready(self) -> None:
        # Imported here: neither can be before the models are, and reading one setting must not cost Celery.
        import_module("config.celery")
        import_module("config.first_run").make_first_keys()


class StaffAdminConfig(AdminConfig):
    """The admin behind the site's own sign-in."""

    # Both configurations of this module are named in full in INSTALLED_APPS; neither is a default.
    default = False
    default_site = "config.staff_site.StaffSite"
