"""Model fields whose values are sealed with the data key of the member they belong to.

Each is a field of django-encrypted-model-fields by name and by what it validates; everything under that is replaced:
AES-256-GCM for Fernet, a binary column, opening on first read, and no way for plaintext to reach the database.
"""

import datetime as dt
import json
import re
from typing import Any, ClassVar

import encrypted_model_fields.fields as stock
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from .bulk import open_rows, open_values, prefetch_keys
from .querysets import SealedQuerySet
from .sealed import UNAVAILABLE, Sealed, Unavailable, is_untouched, unavailable_count
from .sealed_field import SealedMixin

__all__ = [
    "UNAVAILABLE",
    "EncryptedCharField",
    "EncryptedDateField",
    "EncryptedEmailField",
    "EncryptedJSONField",
    "EncryptedTextField",
    "Sealed",
    "SealedMixin",
    "SealedQuerySet",
    "Unavailable",
    "is_untouched",
    "open_rows",
    "open_values",
    "prefetch_keys",
    "unavailable_count",
]

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class SealedTextMixin(SealedMixin):
    """Text of any kind: whatever UTF-8 can hold, without NUL."""

    is_text = True

    def to_python(self, value: Any) -> Any:
        """Return text. Raises ValidationError for bytes, NUL characters and lone surrogates."""
        if isinstance(value, (bytes, memoryview)) and not isinstance(value, Sealed):
            raise ValidationError(_("Enter text."), code="invalid")
        text = value if type(value) is str else super().to_python(value)
        if isinstance(text, str) and not _is_storable(text):
            raise ValidationError(_("This contains characters that cannot be stored."), code="invalid")
        return text


class EncryptedCharField(SealedTextMixin, stock.EncryptedCharField):  # type: ignore[misc]
    """A sealed line of text; ``max_length`` counts the characters of the plain text."""


class EncryptedTextField(SealedTextMixin, stock.EncryptedTextField):  # type: ignore[misc]
    """Sealed text of any length."""


class EncryptedEmailField(SealedTextMixin, stock.EncryptedEmailField):  # type: ignore[misc]
    """A sealed e-mail address."""


class EncryptedDateField(SealedMixin, stock.EncryptedDateField):  # type: ignore[misc]
    """A sealed date, stored as YYYY-MM-DD and read from nothing else."""

    def to_python(self, value: Any) -> Any:
        """Return a date. Raises ValidationError: the week and ordinal forms of ISO 8601 are no dates here."""
        if value == "" and self.null:
            return None
        if isinstance(value, str) and not _ISO_DATE.match(value):
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        return super().to_python(value)

    def dump(self, value: dt.date) -> bytes:
        """Return ISO 8601, ten bytes."""
        return value.isoformat().encode()

    def load(self, text: str) -> dt.date:
        """Return the date. Raises ValueError."""
        return dt.date.fromisoformat(text)


class EncryptedJSONField(SealedMixin, stock.EncryptedTextField):  # type: ignore[misc]
    """A sealed JSON value. None is NULL; there is no JSON null on its own."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("Value must be valid JSON.")}

    def to_python(self, value: Any) -> Any:
        """Return the value as it is. Raises ValidationError when it cannot be written as JSON in UTF-8."""
        if value is not None and not isinstance(value, (Sealed, Unavailable)):
            try:
                self.dump(value)
            except (TypeError, ValueError, RecursionError):
                raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        return value

    def dump(self, value: Any) -> bytes:
        """Return compact JSON (RFC 8259). Raises TypeError, ValueError."""
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()

    def load(self, text: str) -> Any:
        """Return the value. Raises ValueError."""
        return json.loads(text)

    def formfield(self, **kwargs: Any) -> Any:
        """Return Django's JSON form field."""
        # Past TextField, whose form field would take the text for the value.
        return models.Field.formfield(self, **({"form_class": forms.JSONField} | kwargs))

    def value_to_string(self, obj: models.Model) -> str:
        """Return JSON, for serialisers."""
        return json.dumps(self.value_from_object(obj))


def _is_storable(text: str) -> bool:
    if text.isascii():  # most are, and this answers without a copy
        return "\0" not in text
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
