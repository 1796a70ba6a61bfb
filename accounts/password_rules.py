"""What a password may not be. No rule says what has to be in it: rules of that kind make passwords alike.

It is long, it is not among those that are tried first, and what makes it long is not what everybody can guess: the
member's own details, the name of this site, or a row of keys (NIST SP 800-63B, 5.1.1.2).
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MIN_LENGTH = 12
SHORTEST_DETAIL = 3
FEWEST_TURNS = 4
SITE_WORDS = ("hedgerow",)
# Rows of a keyboard: two neighbours are one step apart, as two letters of the alphabet are.
ROWS = ("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "1234567890")
STEPS = frozenset(pair for row in ROWS for pair in (*pairwise(row), *pairwise(row[::-1])))


class NotYourOwnDetailsValidator:
    """Refuses a password that is long enough only because of the handle, the e-mail or the site's name in it."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` if what is left without them is too short."""
        left = password.casefold()
        for detail in (*own_details(user), *SITE_WORDS):
            left = left.replace(detail, "")
        if len(left) < MIN_LENGTH <= len(password):
            raise ValidationError(
                _("Without your handle, your e-mail and our name in it, it is too short. Add a word or two of others."),
                code="own_details",
            )

    def get_help_text(self) -> str:
        return _("Your handle and your e-mail do not count.")


class NotACommonOneValidator(CommonPasswordValidator):
    """Refuses the 20,000 passwords that are tried first, also with digits and signs around them."""

    def validate(self, password: str, user: Any = None) -> None:
        super().validate(password, user)
        super().validate(re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password), user)


class NotARowOfKeysValidator:
    """Refuses what a finger does by itself: one key for long, the alphabet, digits in order, a row of the keyboard."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` if all of it is a few such rows."""
        if sum(turns(unicodedata.normalize("NFKC", password).casefold())) < FEWEST_TURNS:
            raise ValidationError(
                _("This is a row of keys or letters, and those are tried first. Choose three words of your own."),
                code="row_of_keys",
            )

    def get_help_text(self) -> str:
        return _("A row of keys will not do.")


def turns(text: str) -> Iterator[bool]:
    """Yield for each character whether it begins something: it neither repeats nor follows the one before it."""
    yield bool(text)
    for before, after in pairwise(text):
        yield abs(ord(after) - ord(before)) > 1 and (before, after) not in STEPS


def own_details(user: Any) -> list[str]:
    """Return handle, e-mail and the parts of both, longest first."""
    values = [getattr(user, name, None) for name in ("handle", "email")]
    texts = [value.casefold() for value in values if isinstance(value, str)]
    parts = {part for text in texts for part in [text, *re.split(r"[\W_]+", text)]}
    return sorted((part for part in parts if len(part) >= SHORTEST_DETAIL), key=len, reverse=True)
