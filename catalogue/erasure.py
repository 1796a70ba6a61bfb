"""What erasing means for a field: small rules, each of which can carry itself out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, TypeAlias

from django.db.models import BinaryField, Field, ManyToManyField, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text: TypeAlias = str | Promise


class Erasure(ABC):
    """How one field is erased. ``word`` is for programs, ``label`` for people."""

    word: ClassVar[str]
    label: ClassVar[Text]

    @abstractmethod
    def apply(self, queryset: QuerySet[Any], name: str) -> None:
        """Erase the column ``name`` in every row of ``queryset``. A second time changes nothing more."""


@dataclass(frozen=True)
class Blank(Erasure):
    """Empty the column: NULL where it may be, its blank value otherwise; for many-to-many, end the relations."""

    word = "blank"
    label = _("emptied")

    def apply(self, queryset: QuerySet[Any], name: str) -> None:
        """Empty the column; raise ValueError if it has no empty value (a system check says so before)."""
        field = queryset.model._meta.get_field(name)
        if isinstance(field, ManyToManyField):
            through: Any = field.remote_field.through
            relations = through._base_manager.using(queryset.db)
            relations.filter(**{f"{field.m2m_field_name()}__in": queryset.values("pk")}).delete()
            return
        queryset.update(**{name: blank_value(field)})


@dataclass(frozen=True)
class DeleteRow(Erasure):
    """Delete the whole row."""

    word = "delete_row"
    label = _("deleted with its record")

    def apply(self, queryset: QuerySet[Any], name: str) -> None:
        """Delete every row of ``queryset``, with what cascades from it."""
        queryset.delete()


@dataclass(frozen=True)
class Replace(Erasure):
    """Put a value that says nothing in its place; a callable is asked once for each row (for unique columns)."""

    value: Any

    word = "replace"
    label = _("replaced by a value that says nothing")

    def apply(self, queryset: QuerySet[Any], name: str) -> None:
        """Write the replacement into the column ``name``."""
        if not callable(self.value):
            queryset.update(**{name: self.value})
            return
        for pk in list(queryset.values_list("pk", flat=True)):
            queryset.filter(pk=pk).update(**{name: self.value()})


@dataclass(frozen=True)
class Keep(Erasure):
    """Keep it for a reason that can be named, ``until`` so long after the erasure; without an end if None."""

    because: Text
    until: timedelta | None = None

    word = "keep"
    label = _("kept, for a reason that is named")

    def __post_init__(self) -> None:
        if isinstance(self.because, str) and not self.because.strip():
            raise ValueError("Keep: say because of what")
        if self.until is not None and self.until <= timedelta(0):
            raise ValueError("Keep: until is a positive length of time after the erasure")

    def apply(self, queryset: QuerySet[Any], name: str) -> None:
        """Leave everything as it is."""


def blank_value(field: "Field[Any, Any]") -> Any:
    """Return what an emptied ``field`` holds; raise ValueError where nothing can stand for *empty*.

    A sealed field is emptied by NULL only: sealing an empty text would take the key that erasing destroys. A unique
    column would take one empty value, not two.
    """
    if field.null:
        return None
    if getattr(field, "sealed", False) or field.unique or field.is_relation:
        raise ValueError(f"{field.model._meta.label}.{field.name} cannot be empty")
    if field.blank and field.empty_strings_allowed:
        return b"" if isinstance(field, BinaryField) else ""
    if field.has_default() and not (default := field.get_default()):
        return default
    raise ValueError(f"{field.model._meta.label}.{field.name} cannot be empty")
