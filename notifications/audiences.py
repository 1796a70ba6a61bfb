"""Who can be told something by a campaign: groups of members, each with a name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Audience:
    """A group of members. Whether somebody in it has declined is looked at when the notice leaves, not here."""

    name: str
    label: str | Promise
    members: Callable[[], QuerySet[Any]]


class UnknownAudience(LookupError):
    """There is no group of this name."""


_registered: dict[str, Audience] = {}


def register(audience: Audience) -> Audience:
    """Have ``audience`` offered; return it."""
    _registered[audience.name] = audience
    return audience


def audiences() -> tuple[Audience, ...]:
    """Return every group that can be told something."""
    return tuple(_registered.values())


def audience_of(name: str) -> Audience:
    """Return the group of that name. Raises ``UnknownAudience``."""
    try:
        return _registered[name]
    except KeyError:
        raise UnknownAudience(name) from None


def _confirmed() -> QuerySet[Any]:
    everybody: QuerySet[Any] = get_user_model()._default_manager.all()
    return everybody.filter(email_verified_at__isnull=False)


EVERYBODY = register(Audience("everybody", _("Everybody"), _confirmed))
STAFF = register(Audience("staff", _("Staff"), lambda: _confirmed().filter(is_staff=True, is_active=True)))
