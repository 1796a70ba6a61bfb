"""What a sealed column holds before it is opened, and what is read when it does not open."""

import itertools
import logging
from typing import Any, Final, cast

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger("hedgerow.encryption")


class Sealed(bytes):
    """An envelope as it lies in the database. Never shows its bytes by accident."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Say only how long it is."""
        return f"<sealed, {len(self)} bytes>"

    __str__ = __repr__


class Refused(Sealed):
    """A stored value that will not open, kept so that saving the row writes it back as it was.

    ``stored`` is what the database returned. SQLite's columns take any type, so it may be text or a number.
    """

    stored: Any
    reported: bool

    @classmethod
    def of(cls, stored: Any, *, reported: bool) -> "Refused":
        """Keep ``stored``; ``reported`` says whether the refusal is on the log already."""
        refused = cls(stored if isinstance(stored, bytes) else b"")
        refused.stored, refused.reported = stored, reported
        return refused


class Unavailable:
    """The one value that is read in place of what does not open. False, and prints as “unavailable”."""

    _text: Promise | str = _("unavailable")

    def __bool__(self) -> bool:
        """Count as nothing."""
        return False

    def __str__(self) -> str:
        """Say so in the reader's language."""
        return str(self._text)

    def __repr__(self) -> str:
        """Say so in tracebacks."""
        return "UNAVAILABLE"

    def __reduce__(self) -> str:
        """Stay the one value through copies and pickles."""
        return "UNAVAILABLE"


UNAVAILABLE: Final = Unavailable()

_refusals = itertools.count()


def report_unavailable(field: "models.Field[Any, Any]", subject: object) -> None:
    """Count and log one value that did not open: model, field and subject id, never the value."""
    next(_refusals)
    logger.error("unavailable: %s.%s of subject %s", field.model._meta.label, field.name, subject)


def unavailable_count() -> int:
    """Return how many values this process has failed to open."""
    # An itertools.count is the only counter that threads can share without a lock; its state is in its repr.
    return cast("int", _refusals.__reduce__()[1][0])


def wrap_stored(stored: Any) -> Sealed | None:
    """Return what a column of a sealed field held: an envelope, or something that cannot be one, or nothing."""
    if stored is None:
        return None
    if isinstance(stored, (bytes, memoryview)):
        return Sealed(stored)
    return Refused.of(stored, reported=False)


def is_untouched(instance: models.Model, name: str) -> bool:
    """Say whether a field still is as it was stored: not loaded, never opened, or not openable."""
    attname = instance._meta.get_field(name).attname  # type: ignore[union-attr]
    value = instance.__dict__.get(attname, UNAVAILABLE)
    return value is UNAVAILABLE or isinstance(value, Sealed)
