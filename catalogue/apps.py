from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    """Reads every app's ``personal_data.py`` once all models are loaded, and closes the catalogue."""

    name = "catalogue"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        from catalogue import checks, registry

        checks.register_checks()
        if not registry.current().is_frozen:
            autodiscover_modules("personal_data")
            registry.current().freeze()
