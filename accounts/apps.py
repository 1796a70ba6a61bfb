from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from encryption.rotation import register_files
        from notifications.recipients import register_numbers
        from privacy.download.content import register_uploads
        from privacy.download.parts import stored_parts
        from privacy.erasure.parts import register_part

        from .erasing import IDENTITY
        from .phones import confirmed_number
        from .picture_files import stored_pictures, uploads_of
        from .places import register_places
        from .roles import sync_roles

        register_files(stored_pictures)
        register_numbers(confirmed_number)
        register_part(IDENTITY)
        register_uploads(uploads_of)
        register_files(stored_parts)
        register_places()
        post_migrate.connect(sync_roles, sender=self)
