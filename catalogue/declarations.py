"""What an app declares of the personal data it holds: data only, to be read aloud by a lawyer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import NoReturn

from catalogue.erasure import Blank, DeleteRow, Erasure, Keep, Text
from catalogue.vocabulary import Audience, Basis, Category, Purpose


class DeclarationError(ValueError):
    """A declaration that contradicts itself."""


@dataclass(frozen=True)
class PersonalField:
    """One piece of personal data; private, masked and not shareable unless it says otherwise.

    ``keep_for`` counts from the date column (or ``relation__column``) ``counted_from``; without it, it is kept as
    long as the account. A field with ``derived_from`` has no column of its own: it is read from that one and erased
    with it. ``withheld`` is the reason why not even its owner is shown the value, where there is one: it would open
    the account to whoever looks over their shoulder. ``label``, ``why`` and ``withheld`` are wording: they are shown
    to people and take no part in comparisons.
    """

    name: str
    category: Category
    purpose: Purpose
    basis: Basis = Basis.CONTRACT
    keep_for: timedelta | None = None
    counted_from: str | None = None
    audience: Audience = Audience.ONLY_ME
    settable: bool = False
    shareable: bool = False
    encrypted: bool = False
    masked: bool = True
    searchable: bool = False
    erasure: Erasure = field(default_factory=Blank)
    label: Text = field(default="", compare=False)
    why: Text = field(default="", compare=False)
    withheld: Text = field(default="", compare=False)
    derived_from: str | None = None

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise DeclarationError(f"{self.name!r} is no name of a field")
        self._refuse_strangers()
        if (self.keep_for is None) != (self.counted_from is None):
            self._refuse("keep_for and counted_from belong together: how long, and counted from which date")
        if self.keep_for is not None and self.keep_for <= timedelta(0):
            self._refuse("keep_for must be a positive length of time")
        if self.derived_from == self.name:
            self._refuse("it cannot be derived from itself")
        if is_empty(self.label):
            object.__setattr__(self, "label", self.name.replace("_", " ").capitalize())

    def _refuse_strangers(self) -> None:
        kinds = {"category": Category, "purpose": Purpose, "basis": Basis, "audience": Audience, "erasure": Erasure}
        for attribute, kind in kinds.items():
            if not isinstance(getattr(self, attribute), kind):
                self._refuse(f"{attribute} must be a {kind.__name__}, not {getattr(self, attribute)!r}")

    def _refuse(self, why: str) -> NoReturn:
        raise DeclarationError(f"{self.name}: {why}")

    @property
    def column(self) -> str:
        """Return the model field that holds the value."""
        return self.derived_from or self.name


@dataclass(frozen=True)
class PersonalData:
    """Everything that one model holds about people, and the reasons why the rest of its columns is not about them.

    ``subjects`` are the paths to the people concerned (``"self"``, ``"member"``, ``"post__author"``; a friendship has
    two). The first of them may know of the row, others only where ``known_to`` names them: nobody is told who blocks
    them. ``not_personal`` maps each other column to the reason. ``concealed`` is the reason why
    not even those whom the rows are about are told of them.
    """

    model: str
    subjects: tuple[str, ...] = ()
    fields: tuple[PersonalField, ...] = ()
    not_personal: Mapping[str, str] = field(default_factory=dict, hash=False)
    known_to: tuple[str, ...] = ()
    concealed: Text = field(default="", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "not_personal", MappingProxyType(dict(self.not_personal)))
        if not set(self.known_to) <= set(self.subjects):
            self._refuse("who may know of a row is among those it is about")
        self._check_names()
        self._check_subjects()
        for column, reason in self.not_personal.items():
            if is_empty(reason):
                self._refuse(f"give the reason why {column} is not personal")
        erasures = {type(each.erasure) for each in self.fields}
        if {DeleteRow, Keep} <= erasures:
            self._refuse("a row cannot be deleted and kept: DeleteRow and Keep exclude each other")

    def _check_names(self) -> None:
        if self.model.count(".") != 1:
            self._refuse('name the model as "app.Model"')
        for kind, names in (("field", [each.name for each in self.fields]), ("subject", list(self.subjects))):
            if not isinstance(self.subjects, tuple) or not isinstance(self.fields, tuple):
                self._refuse("subjects and fields are tuples (is a comma missing?)")
            if twice := sorted({name for name in names if names.count(name) > 1}):
                self._refuse(f"{kind} {', '.join(twice)} declared twice")

    def _check_subjects(self) -> None:
        # Nobody asks for the erasure of data about people without an account: only a term ends it.
        endless = [each.name for each in self.fields if each.keep_for is None and not isinstance(each.erasure, Keep)]
        if endless and not self.subjects:
            self._refuse(f"personal data of nobody known needs a term: give subjects, or keep_for for {endless[0]}")

    def _refuse(self, why: str) -> NoReturn:
        raise DeclarationError(f"{self.model}: {why}")

    @property
    def readers(self) -> tuple[str, ...]:
        """Return the paths to those who may know of a row; none where it is concealed."""
        if self.concealed:
            return ()
        return tuple(dict.fromkeys((*self.subjects[:1], *self.known_to)))

    def field(self, name: str) -> PersonalField:
        """Return the declared field ``name``; raise KeyError if there is none."""
        for each in self.fields:
            if each.name == name:
                return each
        raise KeyError(f"{self.model} declares no field {name}")


@dataclass(frozen=True)
class ExternalStore:
    """Personal data outside the database: uploads, logs, backups, a mail provider.

    ``erase`` takes the id of a member and erases what the store holds of them, twice without harm; None if the store
    forgets by itself after ``keep_for``. ``models`` names those whose rows are nothing without it: they go with it.
    """

    name: str
    holds: Text
    keep_for: timedelta | None = None
    erase: Callable[[int], object] | None = None
    models: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name.strip() or is_empty(self.holds):
            raise DeclarationError("a store needs a name, and says what it holds")
        if self.keep_for is not None and self.keep_for <= timedelta(0):
            raise DeclarationError(f"{self.name}: keep_for must be a positive length of time")
        if self.keep_for is None and self.erase is None:
            raise DeclarationError(f"{self.name}: a store that can neither erase nor forget may not hold personal data")


def is_empty(text: Text) -> bool:
    """Say whether a plain text is blank. Lazy ones are not asked: no translation is needed to import a declaration."""
    return isinstance(text, str) and not text.strip()
