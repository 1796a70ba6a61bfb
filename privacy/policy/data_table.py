"""Everything that the catalogue declares, in public words: what is held, why, how long, and who sees it first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _, ngettext

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import Keep
from catalogue.registry import personal_data, stores
from catalogue.vocabulary import Audience, Category
from privacy.defaults import defaults_in_force

A_DAY = timedelta(days=1)
A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Held:
    """One kind of information. ``audience`` is who sees it before its owner has chosen."""

    what: str | Promise
    about: str
    why: str | Promise
    basis: str | Promise
    kept: str
    audience: Audience
    is_settable: bool
    is_sealed: bool
    is_shareable: bool


@dataclass(frozen=True)
class Kind:
    """One of the three kinds of information that the policy names, and all of it."""

    category: Category
    held: tuple[Held, ...]


@dataclass(frozen=True)
class Elsewhere:
    """A place outside the databases."""

    name: str
    holds: str | Promise
    kept: str


def data_table() -> list[Kind]:
    """Return everything declared, by its kind: the account and the profile first.

    Who sees it at first is what staff have set as the default, else what is declared.
    """
    defaults = defaults_in_force()
    declared = [(data, field) for data in sorted(personal_data(), key=_place) for field in data.fields]
    held = [(field.category, _held(data, field, defaults)) for data, field in declared]
    return [Kind(category, tuple(each for kind, each in held if kind == category)) for category in Category]


def _place(data: PersonalData) -> int:
    """Return where a model stands: first the account itself and the profile, then what comes with them."""
    first = [label.lower() for label in (settings.AUTH_USER_MODEL, settings.PRIVACY_PROFILE_MODEL)]
    return first.index(data.model.lower()) if data.model.lower() in first else len(first)


def elsewhere() -> Iterator[Elsewhere]:
    """Yield what lies outside the databases."""
    for store in stores():
        kept = _("as long as your account") if store.keep_for is None else in_words(store.keep_for)
        yield Elsewhere(capfirst(store.name), store.holds, kept)


def _held(data: PersonalData, field: PersonalField, defaults: dict[str, Audience]) -> Held:
    return Held(
        what=field.label,
        about=capfirst(str(apps.get_model(data.model)._meta.verbose_name)),
        why=field.purpose.label,
        basis=field.basis.label,
        kept=kept_of(field),
        audience=defaults.get(field.name, field.audience) if field.settable else field.audience,
        is_settable=field.settable,
        is_sealed=field.encrypted,
        is_shareable=field.shareable,
    )


def kept_of(field: PersonalField) -> str:
    """Return how long a field is kept, in words."""
    if isinstance(field.erasure, Keep):
        because, until = field.erasure.because, field.erasure.until
        time = _("for good") if until is None else in_words(until)
        return _("%(time)s after your account: %(because)s") % {"time": time, "because": because}
    return _("as long as your account") if field.keep_for is None else in_words(field.keep_for)


def in_words(length: timedelta) -> str:
    """Return a length of time in the greatest unit that it is a whole number of."""
    if length % A_YEAR == timedelta(0):
        years = length // A_YEAR
        return ngettext("%(count)d year", "%(count)d years", years) % {"count": years}
    if length % A_DAY == timedelta(0):
        days = length // A_DAY
        return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
    hours = max(1, round(length / timedelta(hours=1)))
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
