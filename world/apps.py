from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class WorldConfig(AppConfig):
    """Reads every app's ``world_sections.py``: the parts of a described world that the app can load."""

    name = "world"
    verbose_name = _("Described worlds")

    def ready(self) -> None:
        autodiscover_modules("world_sections")
