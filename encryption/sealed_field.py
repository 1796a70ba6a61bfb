"""What all sealed fields share: opening on first read, sealing on saving, and no way round for plaintext."""

from typing import TYPE_CHECKING, Any

import encrypted_model_fields.fields as stock
from cryptography.exceptions import InvalidTag
from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.functional import cached_property

from .envelope import PAD, DecryptionError, encode_context, generation_of
from .keys import KeyMissing, cached_key, data_key, refetch_data_key
from .sealed import UNAVAILABLE, Refused, Sealed, Unavailable, report_unavailable, wrap_stored

_MISSING = object()

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = object


class SealedAttribute(DeferredAttribute):
    """Keeps the envelope in the instance and opens it on first read."""

    def __init__(self, field: Any) -> None:
        super().__init__(field)
        self.sealed_field: SealedMixin = field
        self.name: str = field.attname

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        """Return the plain value, or UNAVAILABLE. Raises nothing."""
        if instance is None:
            return self
        values = instance.__dict__
        value = values.get(self.name, _MISSING)
        if value is _MISSING:
            value = values[self.name] = self.sealed_field.stored_value(instance)
        if type(value) is Sealed:
            return self._open(instance, value)
        return self._refuse(instance, value) if type(value) is Refused else value

    def __set__(self, instance: models.Model, value: Any) -> None:
        """Take a plain value or an envelope. UNAVAILABLE never replaces the envelope it stands for."""
        values = instance.__dict__
        if value is UNAVAILABLE and isinstance(values.get(self.name), Sealed):
            return
        values[self.name] = value

    def _open(self, instance: models.Model, value: Sealed) -> Any:
        field, values = self.sealed_field, instance.__dict__
        # The usual case without a detour: the key is in memory and is the newest.
        key = cached_key(values.get(field.subject_attname))
        if key is not None and value[:3] == key.header:
            try:
                padded = key.decrypt(value[3:15], value[15:], key.binding + field.binding)
                opened = values[self.name] = field.load(padded[: padded.rindex(PAD)].decode())
            except (InvalidTag, ValueError):
                return self._refuse(instance, Refused.of(value, reported=False))
            return opened
        return self._open_otherwise(instance, value)

    def _open_otherwise(self, instance: models.Model, value: Sealed) -> Any:
        try:
            opened = instance.__dict__[self.name] = self.sealed_field.open_for(instance, value)
        except DecryptionError:
            return self._refuse(instance, Refused.of(value, reported=False))
        return opened

    def _refuse(self, instance: models.Model, value: Refused) -> Unavailable:
        if not value.reported:
            report_unavailable(self.sealed_field, self.sealed_field.subject_on(instance))
            value.reported = True
            instance.__dict__[self.name] = value
        return UNAVAILABLE


class SealedMixin(_Field):
    """What all sealed fields share. Goes before a class of the stock package.

    ``subject`` names the attribute of the instance that holds the member's id. ``context`` names the column in the
    seal (default: table.column); pin it before renaming a table or a column. An empty string is sealed like any other
    value, unless the column may be NULL: then it is stored as NULL.
    """

    sealed = True
    descriptor_class = SealedAttribute
    empty_strings_allowed = False
    is_text = False

    def __init__(self, *args: Any, subject: str = "pk", context: str | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.subject = subject
        self.explicit_context = context

    # --- what is stored
    def dump(self, value: Any) -> bytes:
        """Return the bytes to seal."""
        encoded: bytes = value.encode()
        return encoded

    def load(self, text: str) -> Any:
        """Return the value that was written as ``text``. Raises ValueError."""
        return text

    @property
    def context(self) -> str:
        """The name of this column in the seal."""
        return self.explicit_context or f"{self.model._meta.db_table}.{self.column}"

    @cached_property
    def binding(self) -> bytes:
        """The context as it goes into the seal."""
        return encode_context(self.context)

    @cached_property
    def subject_attname(self) -> str:
        """The key in the instance's dict under which the subject usually lies."""
        primary: Any = self.model._meta.pk
        return str(primary.attname) if self.subject == "pk" else self.subject

    def subject_on(self, instance: models.Model) -> Any:
        """Return the id of the member whose key seals this instance's value."""
        return getattr(instance, self.subject)

    def seal(self, subject: int, value: Any) -> Sealed | None:
        """Return the envelope of a plain value for one member; None for None, and for "" in a column that may be NULL.

        Raises ValidationError, KeyDestroyed, KeyMissing.
        """
        cleaned = self.to_python(value)
        if cleaned is None or (cleaned == "" and self.null):
            return None
        if not isinstance(subject, int):
            raise KeyMissing(
                f"{self.model._meta.label}.{self.name}: no subject yet; give the row its {self.subject} first"
            )
        return Sealed(data_key(subject).seal(self.dump(cleaned), self.binding))

    def open(self, subject: int, sealed: bytes) -> Any:
        """Return the plain value of an envelope. Raises DecryptionError (KeyDestroyed, KeyMissing)."""
        if not isinstance(subject, int):
            raise KeyMissing("no subject")
        key = data_key(subject)
        if key.header != sealed[:3] and sealed[:3] not in key.older and generation_of(sealed) > key.generation:
            key = refetch_data_key(subject)
        try:
            return self.load(key.open(sealed, self.binding).decode())
        except ValueError:
            raise DecryptionError("opened, but not a value of this field") from None

    def open_for(self, instance: models.Model, sealed: bytes) -> Any:
        """Return the plain value of an instance's envelope. Raises DecryptionError."""
        return self.open(self.subject_on(instance), sealed)

    def stored_value(self, instance: models.Model) -> Sealed | None:
        """Read this column of a saved row. Raises DoesNotExist."""
        manager = type(instance)._base_manager.db_manager(instance._state.db, hints={"instance": instance})
        stored: Sealed | None = manager.values_list(self.attname, flat=True).get(pk=instance.pk)
        return stored

    # --- to and from the database
    def get_internal_type(self) -> str:
        """Have a binary column made: bytea, BLOB."""
        return "BinaryField"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        """Wrap what is stored; nothing is opened here."""
        return Sealed(value) if type(value) is bytes else wrap_stored(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:
        """Return the envelope to store: the old one if the value was never opened, else a new one.

        Raises what ``seal`` raises, FieldError for an expression, DecryptionError for UNAVAILABLE in a new row.
        """
        value = model_instance.__dict__.get(self.attname, UNAVAILABLE)
        if isinstance(value, Sealed):
            return value
        if value is UNAVAILABLE:
            return self._stored_or_refuse(model_instance, add=add)
        if hasattr(value, "resolve_expression"):
            raise FieldError(f"{self.name} is sealed: it takes values, not expressions")
        return self.seal(self.subject_on(model_instance), value)

    def _stored_or_refuse(self, instance: models.Model, *, add: bool) -> Sealed | None:
        if add:
            raise DecryptionError(f"{self.name} is unavailable and cannot be stored in a new row")
        return self.stored_value(instance)

    def get_prep_value(self, value: Any) -> Any:
        """Leave the value alone; only an envelope passes the next step."""
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return the bytes to store. Raises FieldError for anything but an envelope: plaintext stops here."""
        if value is None:
            return None
        if isinstance(value, Refused):
            return connection.Database.Binary(value.stored) if isinstance(value.stored, bytes) else value.stored
        if isinstance(value, Sealed):
            return connection.Database.Binary(value)
        raise FieldError(f"{self.name} is sealed: set it on an instance and save that")

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Return the bytes to store. Raises FieldError for plaintext and for every expression."""
        return self.get_db_prep_value(value, connection)

    def get_lookup(self, lookup_name: str) -> Any:
        """Allow ``isnull`` only: nothing else means anything on ciphertext."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> Any:
        """Allow none."""
        return None

    # --- to and from people
    def to_python(self, value: Any) -> Any:
        """Convert input, never open it: what a person types stays what they typed. Raises ValidationError."""
        if value is None or isinstance(value, (Sealed, Unavailable)):
            return value
        # Past the stock mixin, whose to_python decrypts whatever it is given.
        return super(stock.EncryptedMixin, self).to_python(value)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        """Validate a plain value; what is unavailable is left as it is. Raises ValidationError."""
        return value if isinstance(value, Unavailable) else super().clean(value, model_instance)

    def value_from_object(self, obj: models.Model) -> Any:
        """Return the plain value for a form, empty where it is unavailable: the word must not be saved as a value."""
        value = super().value_from_object(obj)
        return None if value is UNAVAILABLE else value

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        """Put a form's value on the instance; an empty one does not replace what merely could not be opened."""
        if data in self.empty_values and getattr(instance, self.attname) is UNAVAILABLE:
            return
        super().save_form_data(instance, data)

    # --- the declaration
    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Join a model; a copy from an abstract parent gets a context of its own."""
        self.__dict__.pop("binding", None)
        self.__dict__.pop("subject_attname", None)
        # DateField does not take the third argument.
        super().contribute_to_class(cls, name, **({"private_only": True} if private_only else {}))

    def deconstruct(self) -> Any:
        """Keep ``max_length``, ``subject`` and ``context`` in migrations."""
        name, path, args, options = super(stock.EncryptedMixin, self).deconstruct()
        if self.subject != "pk":
            options["subject"] = self.subject
        if self.explicit_context is not None:
            options["context"] = self.explicit_context
        return name, path, args, options

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Refuse what has no meaning on ciphertext, and a subject that is not there."""
        return [*super().check(**kwargs), *self._check_constraints(), *self._check_subject()]

    def _check_constraints(self) -> list[checks.CheckMessage]:
        told = [o for o in ("unique", "db_index", "primary_key") if getattr(self, o)]
        if self.db_default is not models.NOT_PROVIDED:
            told.append("db_default")
        hint = "Equal values have different envelopes. Use a BlindIndexField beside it."
        return [checks.Error(f"A sealed field cannot be {o}.", hint=hint, obj=self, id="encryption.E001") for o in told]

    def _check_subject(self) -> list[checks.CheckMessage]:
        columns = {field.attname for field in self.model._meta.concrete_fields}
        if self.subject == "pk" or self.subject in columns or hasattr(self.model, self.subject):
            return []
        message = f"There is no {self.subject!r} to tell whose key seals this field."
        return [
            checks.Error(
                message, hint="Set subject=… to the column of the member's id.", obj=self, id="encryption.E002"
            )
        ]
