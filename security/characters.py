"""Characters that cannot be shown: what no keyboard writes, and what would break a line or a page."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LINE_BREAKS = frozenset("\n\r\t")
# Cc: control characters; Cs: halves of a surrogate pair; Zl and Zp: breaks that a single line cannot hold either.
UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def refuse_unprintable(text: str) -> None:
    """Raise ``ValidationError`` for a line that holds a character which cannot be shown."""
    if any(unicodedata.category(character) in UNPRINTABLE for character in text):
        raise unprintable()


def refuse_unprintable_but_breaks(text: str) -> None:
    """As above, for text of several lines."""
    refuse_unprintable("".join(character for character in text if character not in LINE_BREAKS))


def unprintable() -> ValidationError:
    """Return the refusal of such a character."""
    return ValidationError(_("There is a character in it that cannot be shown. Type it anew."), code="unprintable")
