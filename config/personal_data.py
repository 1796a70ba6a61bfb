"""What lies outside the databases and belongs to no app: logs, mail, backups."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import ExternalStore
from catalogue.registry import register_store
from notifications.housekeeping import LETTERS_KEPT

# Of the operator, who is told so in docs/operations.md: nothing here can reach into a journal or a provider.
KEPT = timedelta(days=30)

register_store(
    ExternalStore(
        name="logs",
        holds=_("numbers of members and names of fields, never a value or an address"),
        keep_for=KEPT,
    )
)
register_store(
    ExternalStore(
        name="mail",
        holds=_("letters to members and the addresses they went to: in a folder, or with the provider of mail"),
        keep_for=LETTERS_KEPT,
    )
)
register_store(
    ExternalStore(
        name="text messages",
        holds=_("codes and the numbers they went to: in a folder, or with the provider of text messages"),
        keep_for=LETTERS_KEPT,
    )
)
register_store(
    ExternalStore(
        name="backups",
        holds=_("all that the databases and the uploads hold, sealed values sealed"),
        keep_for=KEPT,
    )
)
