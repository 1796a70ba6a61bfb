"""Finding sealed values by exact match: a keyed digest beside the sealed column.

Equal values have equal indexes, and whoever holds a dump sees that. So the index of a value that few may see is bound
to its owner: it is equal to no index of anybody else, and is found by who knows for which owners to compute it.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Collection, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from django.core import checks
from django.db import models, router, transaction

from .overwriting import empty_write_ahead_log
from .ring import ring
from .sealed import UNAVAILABLE, is_untouched

if TYPE_CHECKING:
    _BinaryField = models.BinaryField[Any, Any]
else:
    _BinaryField = models.BinaryField


DIGEST_BYTES = 32


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
    return hmac_sha256(ring().index_key_for(context), _message(value))


def bound_indexes(context: str, value: str, owners: Iterable[int]) -> list[bytes]:
    """Return the index that ``value`` has with each of ``owners`` while few may see it. Raises KeyFileError.

    No text in UTF-8 holds the byte FF: what begins with it is never the message of a common index, and the owner's
    eight bytes end where the value begins.
    """
    begun, message = HMAC(ring().index_key_for(context), SHA256()), _message(value)
    begun.update(b"\xff")
    return [_finished(begun.copy(), owner.to_bytes(8, "big") + message) for owner in owners]


def _finished(begun: HMAC, message: bytes) -> bytes:
    """Return the digest; a copy of what was begun costs a quarter of beginning anew, and friends are many."""
    begun.update(message)
    return begun.finalize()


def _message(value: str) -> bytes:
    return normalise(value).encode("utf-8", "surrogatepass")


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA-256."""
    return hmac.digest(key, message, hashlib.sha256)


class BlindIndexField(_BinaryField):
    """The blind index of another field, filled when the row is saved.

    ``of`` names the field, ``context`` the key (default: that field's own context). NULL where the value is NULL or
    empty.

    ``level`` names the column that says how few may see the value: the greater, the fewer. Above ``common_up_to`` the
    index is bound to the owner, whose key seals the value. Without a ``level`` the index is always the common one;
    while the other field then is still sealed or unavailable, it stays as stored.
    """

    non_db_attrs = (*models.Field.non_db_attrs, "of", "context", "level", "common_up_to")

    def __init__(
        self,
        *args: Any,
        of: str,
        context: str | None = None,
        level: str | None = None,
        common_up_to: int = 0,
        **options: Any,
    ) -> None:
        options.setdefault("null", True)
        options["editable"] = False
        super().__init__(*args, **options)
        self.of, self.level, self.common_up_to = of, level, int(common_up_to)
        self.explicit_context = context

    def deconstruct(self) -> Any:
        """Keep what the index is of, under which key and up to which level it is common, in migrations."""
        name, path, args, options = super().deconstruct()
        options["of"] = self.of
        if self.explicit_context is not None:
            options["context"] = self.explicit_context
        if self.level is not None:
            options |= {"level": self.level, "common_up_to": self.common_up_to}
        return name, path, args, options

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Refuse to rest on columns that are not there."""
        columns = {field.name for field in self.model._meta.concrete_fields}
        missing = [name for name in (self.of, self.level) if name is not None and name not in columns]
        message = "There is no {!r} for this index to rest on."
        found = [checks.Error(message.format(name), obj=self, id="encryption.E003") for name in missing]
        return [*super().check(**kwargs), *found]

    @property
    def context(self) -> str:
        """The name under which the key is derived."""
        if self.explicit_context is not None:
            return self.explicit_context
        other: Any = self.model._meta.get_field(self.of)
        return str(getattr(other, "context", f"{self.model._meta.db_table}.{other.column}"))

    def rests_on(self, names: Collection[str]) -> bool:
        """Say whether the index changes with one of ``names``."""
        return self.of in names or self.level in names

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return the index of what the other field holds now, and put it on the instance."""
        value = self.index_on(model_instance)
        setattr(model_instance, self.attname, value)
        return value

    def index_on(self, instance: models.Model) -> bytes | None:
        """Return the index that fits the instance, or the stored one if it still does and its value is not to be had.

        With a level the value is opened: whether the stored index was made for this level cannot be seen from it.
        """
        if self.level is None and is_untouched(instance, self.of):
            stored = getattr(instance, self.attname)
            return None if stored is None else bytes(stored)
        value = getattr(instance, self.of)
        if value is UNAVAILABLE:
            return self._as_stored(instance)
        return self.index_of(value, self._owner_of(instance), self._level_on(instance))

    def index_of(self, value: Any, owner: int, level: Any) -> bytes | None:
        """Return the index of a plain value of ``owner`` at ``level``; None for none."""
        if value is None or value == "":
            return None
        if self.is_common(level):
            return blind_index(self.context, str(value))
        [bound] = bound_indexes(self.context, str(value), [owner])
        return bound

    def is_common(self, level: Any) -> bool:
        """Say whether so many may see a value at ``level`` that its index may be equal to that of others."""
        return self.level is None or (isinstance(level, int) and level <= self.common_up_to)

    def digests(self, value: str, owners: Iterable[int]) -> list[bytes]:
        """Return every index by which ``value`` is found: the common one, and what it has with each of ``owners``."""
        return [blind_index(self.context, value), *bound_indexes(self.context, value, owners)]

    def _owner_of(self, instance: models.Model) -> int:
        other: Any = self.model._meta.get_field(self.of)
        return int(getattr(instance, getattr(other, "subject", "pk")))

    def _level_on(self, instance: models.Model) -> Any:
        return 0 if self.level is None else getattr(instance, self.level)

    def _as_stored(self, instance: models.Model) -> bytes | None:
        """Return the index that lies beside a value which does not open, or None if it was made for another level."""
        rows = type(instance)._base_manager.using(instance._state.db).filter(pk=instance.pk)
        for level, index in rows.values_list(str(self.level), self.attname):
            if index is not None and self.is_common(level) == self.is_common(self._level_on(instance)):
                return bytes(index)
        return None


def indexes_resting_on(model: type[models.Model], names: Collection[str]) -> list[BlindIndexField]:
    """Return the blind indexes of a model that change with one of ``names``."""
    indexes = (field for field in model._meta.concrete_fields if isinstance(field, BlindIndexField))
    return [index for index in indexes if index.rests_on(names)]


class IndexedModel(models.Model):
    """A model whose blind indexes are written with whatever they rest on, whichever columns a save names."""

    class Meta:
        abstract = True

    def save_base(
        self,
        raw: bool = False,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Save, and see to it that an index that was overwritten does not lie on in SQLite's log."""
        database, adding = using or router.db_for_write(type(self), instance=self), self._state.adding
        names = {field.name for field in self._meta.concrete_fields} if update_fields is None else set(update_fields)
        indexes = indexes_resting_on(type(self), names)
        if update_fields is not None:
            update_fields = frozenset(names | {index.name for index in indexes})
        super().save_base(raw, force_insert, force_update, using, update_fields)
        if indexes and not adding:
            transaction.on_commit(partial(empty_write_ahead_log, database), using=database)


class OneOf(models.Expression):
    """The condition that a column holds one of some digests, in two parameters however many they are."""

    conditional = True

    def __init__(self, name: str, digests: Collection[bytes]) -> None:
        super().__init__(output_field=models.BooleanField())
        self.column: Any = models.F(name)
        self.digests = tuple(digests)

    def get_source_expressions(self) -> list[Any]:
        """Return the column."""
        return [self.column]

    def set_source_expressions(self, exprs: Any) -> None:
        """Take the column, resolved."""
        [self.column] = exprs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Write the condition: one text of bytes, and where each digest begins. A list would cost a parse of each."""
        column, params = compiler.compile(self.column)
        everything = b"".join(self.digests)
        starts: Any = list(range(1, len(everything) + 1, DIGEST_BYTES))
        source = "unnest(%s::int[]) AS value"
        if connection.vendor == "sqlite":
            starts, source = str(starts), "json_each(%s)"
        # Only the name of the column and constants are put into the text.
        found = f"{column} IN (SELECT substr(%s, value, {DIGEST_BYTES}) FROM {source})"  # noqa: S608
        return found, (*params, everything, starts)
