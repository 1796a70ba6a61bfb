"""The port through which the policy asks who is what to whom."""

from collections.abc import Collection
from typing import Any, Protocol

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string


class Relationships(Protocol):
    """Answers with one-column querysets of member ids, never with a boolean for one pair."""

    def friend_ids(self, viewer_id: int, among: Collection[int] | None = None) -> QuerySet[Any, int]:
        """Return the ids of the viewer's friends; with ``among``, only those of them."""

    def blocked_ids(self, viewer_id: int) -> QuerySet[Any, int]:
        """Return the ids of everybody who blocked the viewer or whom the viewer blocked."""


def _configured() -> Any:
    return import_string(settings.PRIVACY_RELATIONSHIPS)()


relationships: Relationships = SimpleLazyObject(_configured)
