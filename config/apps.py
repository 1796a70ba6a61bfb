"""The project as an application: its commands, its staff site."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy


class ConfigApp(AppConfig):
    """Carries the commands of ``config/management`` and readies Celery for whoever rings for work."""

    name = "config"
    verbose_name = "Hedgerow"

    def ready(self) -> None:
        # Imported here: neither can be before the models are, and reading one setting must not cost Celery.
        import_module("config.celery")
        import_module("config.first_run").make_first_keys()
        import_module("config.facts").register()
        call_groups_roles()


def call_groups_roles() -> None:
    """Have the back office say what Django's users and groups are here: of them only groups are used, each a role."""
    theirs = apps.get_app_config("auth")
    words = theirs.get_model("Group")._meta
    theirs.verbose_name = gettext_lazy("Staff")
    words.verbose_name, words.verbose_name_plural = gettext_lazy("role"), gettext_lazy("roles")


class StaffAdminConfig(AdminConfig):
    """The admin behind the site's own sign-in."""

    # Both configurations of this module are named in full in INSTALLED_APPS; neither is a default.
    default = False
    default_site = "config.staff_site.StaffSite"
