from django.apps import AppConfig
from django.core.checks import register
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from catalogue import registry
from catalogue.checks import check_declarations


class CatalogueConfig(AppConfig):
    """Reads every app's ``personal_data.py`` once all models are loaded, and closes the catalogue."""

    name = "catalogue"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        register(check_declarations, "catalogue")
        if not registry.current().is_frozen:
            autodiscover_modules("personal_data")
            registry.current().freeze()
