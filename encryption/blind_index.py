"""Finding sealed values by exact match: a keyed digest beside the sealed column."""

import hashlib
import hmac
import unicodedata
from typing import TYPE_CHECKING, Any

from django.db import models

from .ring import ring
from .sealed import is_untouched

if TYPE_CHECKING:
    _BinaryField = models.BinaryField[Any, Any]
else:
    _BinaryField = models.BinaryField


def normalise(value: str) -> str:
    """Fold what people do not mean to distinguish: compatibility forms, case, runs of white space."""
    # Folding can yield characters that NFKC changes again (Unicode 3.13, NFKC_Casefold), hence the second pass.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())
    return " ".join(folded.split())


def blind_index(context: str, value: str) -> bytes:
    """Return the 32-byte HMAC-SHA-256 (RFC 2104) of a normalised value under the key of ``context``.

    The key comes by HKDF from the ring's index key, so equal values differ between columns and rotation of the ring
    changes nothing. Raises KeyFileError.
    """
    return hmac_sha256(ring().index_key_for(context), normalise(value).encode("utf-8", "surrogatepass"))


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA-256."""
    return hmac.digest(key, message, hashlib.sha256)


class BlindIndexField(_BinaryField):
    """The blind index of another field, filled when the row is saved.

    ``of`` names the field, ``context`` the key (default: that field's own context). While the other field is still
    sealed or unavailable, the index stays as stored. NULL where the value is NULL or empty.
    """

    def __init__(self, *args: Any, of: str, context: str | None = None, **options: Any) -> None:
        options.setdefault("null", True)
        options["editable"] = False
        super().__init__(*args, **options)
        self.of = of
        self.explicit_context = context

    def deconstruct(self) -> Any:
        """Keep ``of`` and ``context`` in migrations."""
        name, path, args, options = super().deconstruct()
        options["of"] = self.of
        if self.explicit_context is not None:
            options["context"] = self.explicit_context
        return name, path, args, options

    @property
    def context(self) -> str:
        """The name under which the key is derived."""
        if self.explicit_context is not None:
            return self.explicit_context
        other: Any = self.model._meta.get_field(self.of)
        return str(getattr(other, "context", f"{self.model._meta.db_table}.{other.column}"))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return the index of what the other field holds now, and put it on the instance."""
        value = self.index_on(model_instance)
        setattr(model_instance, self.attname, value)
        return value

    def index_on(self, instance: models.Model) -> bytes | None:
        """Return the index that fits the instance, or the stored one if its value was never opened."""
        if is_untouched(instance, self.of):
            stored = getattr(instance, self.attname)
            return None if stored is None else bytes(stored)
        value = getattr(instance, self.of)
        return blind_index(self.context, str(value)) if value not in (None, "") else None
