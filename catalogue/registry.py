"""All declarations in one place, complete and frozen once the apps have loaded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias, TypeVar

from catalogue.declarations import DeclarationError, ExternalStore, PersonalData, PersonalField

Recall: TypeAlias = Callable[..., object]
RecallT = TypeVar("RecallT", bound=Recall)


class FrozenError(RuntimeError):
    """Something was declared after the catalogue had been read."""


class Registry:
    """Declarations in the order in which they were made, which follows INSTALLED_APPS."""

    def __init__(self, *declarations: PersonalData) -> None:
        self._data: dict[str, PersonalData] = {}
        self._stores: dict[str, ExternalStore] = {}
        self._recalls: list[Recall] = []
        self._frozen = False
        for data in declarations:
            self.register(data)

    @property
    def is_frozen(self) -> bool:
        return self._frozen

    def freeze(self) -> None:
        """Accept nothing more from now on."""
        self._frozen = True

    def register(self, data: PersonalData) -> None:
        """Add the declaration of one model.

        Raise DeclarationError for a second one of the same model or of a settable or shareable name, which members'
        choices and partners' agreements are keyed by; FrozenError after discovery.
        """
        self._refuse_if_frozen(data.model)
        if data.model.lower() in self._data:
            raise DeclarationError(f"{data.model} is declared twice")
        taken = {field.name for field in self.fields() if field.settable or field.shareable}
        for field in data.fields:
            if (field.settable or field.shareable) and field.name in taken:
                raise DeclarationError(f"{data.model}: another model has a settable or shareable field {field.name}")
        self._data[data.model.lower()] = data

    def register_store(self, store: ExternalStore) -> None:
        """Add a store outside the database; raise DeclarationError if its name is taken."""
        self._refuse_if_frozen(store.name)
        if store.name in self._stores:
            raise DeclarationError(f"the store {store.name} is declared twice")
        self._stores[store.name] = store

    def register_recall(self, recall: RecallT) -> RecallT:
        """Add a verb that tells outside recipients to erase; return it, so that it serves as a decorator."""
        self._refuse_if_frozen(getattr(recall, "__name__", "a recall"))
        if recall not in self._recalls:
            self._recalls.append(recall)
        return recall

    def _refuse_if_frozen(self, name: str) -> None:
        if self._frozen:
            raise FrozenError(f"{name} comes too late: declare it in the personal_data.py of its app")

    def personal_data(self) -> tuple[PersonalData, ...]:
        return tuple(self._data.values())

    def personal_data_of(self, label: str) -> PersonalData:
        """Return the declaration of the model ``app.Model``; raise KeyError if there is none."""
        try:
            return self._data[label.lower()]
        except KeyError:
            raise KeyError(f"{label} is not in the catalogue") from None

    def fields(self, label: str | None = None) -> Iterator[PersonalField]:
        """Yield the declared fields of one model, or of all."""
        for data in self.personal_data() if label is None else (self.personal_data_of(label),):
            yield from data.fields

    def stores(self) -> tuple[ExternalStore, ...]:
        return tuple(self._stores.values())

    def recalls(self) -> tuple[Recall, ...]:
        return tuple(self._recalls)


_registries = [Registry()]  # the last one is in use


def current() -> Registry:
    """Return the registry in use."""
    return _registries[-1]


@contextmanager
def isolated(registry: Registry | None = None) -> Iterator[Registry]:
    """Use another registry, empty unless given, while a test runs."""
    _registries.append(Registry() if registry is None else registry)
    try:
        yield current()
    finally:
        _registries.pop()


def register(data: PersonalData) -> None:
    """Declare the personal data of one model (see ``Registry.register``)."""
    current().register(data)


def register_store(store: ExternalStore) -> None:
    """Declare a store outside the database (see ``Registry.register_store``)."""
    current().register_store(store)


def register_recall(recall: RecallT) -> RecallT:
    """Declare a verb that tells outside recipients to erase (see ``Registry.register_recall``)."""
    return current().register_recall(recall)


def personal_data() -> tuple[PersonalData, ...]:
    """Return every declaration, in the order in which they were made."""
    return current().personal_data()


def personal_data_of(label: str) -> PersonalData:
    """Return the declaration of the model ``app.Model``, in any case; raise KeyError if there is none."""
    return current().personal_data_of(label)


def settable_fields(label: str | None = None) -> tuple[PersonalField, ...]:
    """Return the fields whose audience their owner sets, of one model or of all."""
    return tuple(field for field in current().fields(label) if field.settable)


def masked_fields(label: str) -> tuple[PersonalField, ...]:
    """Return the fields of one model that staff see masked."""
    return tuple(field for field in current().fields(label) if field.masked)


def shareable_fields() -> tuple[PersonalField, ...]:
    """Return the fields that may be offered to partners at all."""
    return tuple(field for field in current().fields() if field.shareable)


def stores() -> tuple[ExternalStore, ...]:
    """Return every store outside the database."""
    return current().stores()


def recalls() -> tuple[Recall, ...]:
    """Return the verbs that tell outside recipients to erase."""
    return current().recalls()
