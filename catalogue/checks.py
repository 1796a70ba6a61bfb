"""System checks: a declaration is a promise, and these hold it against the models.

They are errors, so that ``manage.py check``, ``migrate`` and ``runserver`` stop at the first broken one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error
from django.db.models import DateField, Field, ManyToManyField, Model

from catalogue import registry
from catalogue.declarations import PersonalData, PersonalField, is_empty
from catalogue.erasure import Blank, blank_value
from catalogue.paths import PathError, follow, last_column
from catalogue.rows import contradiction

AnyField: TypeAlias = "Field[Any, Any]"


def check_declarations(**_: object) -> list[CheckMessage]:
    """Hold the whole catalogue against all models, whichever apps were asked for: a promise is not kept by halves."""
    return list(problems(registry.personal_data(), [*project_models(), *foreign_models_of_people()]))


def problems(declared: Iterable[PersonalData], models: Iterable[type[Model]]) -> Iterator[CheckMessage]:
    """Yield what is wrong with ``declared``, and which of ``models`` are not among it."""
    known = {data.model.lower(): data for data in declared}
    found = {model._meta.label_lower: model for model in models}
    for label in sorted(found.keys() - known.keys()):
        yield Error(
            f"{found[label]._meta.label} is not in the catalogue.",
            hint="register(PersonalData(model=…)) in its app's personal_data.py, if only to say that it holds nothing.",
            obj=found[label],
            id="catalogue.E011",
        )
    for label, data in known.items():
        model = found.get(label) or _installed(label)
        if model is None:
            yield Error(
                f"The catalogue declares {data.model}, and there is no such model.",
                hint="Correct the name, or take the declaration away.",
                id="catalogue.E012",
            )
        else:
            yield from Declaration(data, model).problems()


def project_models() -> list[type[Model]]:
    """Return the models whose code lies in this project."""
    return _models_of(config for config in apps.get_app_configs() if _is_ours(config))


def foreign_models_of_people() -> list[type[Model]]:
    """Return the models that others wrote and whose rows point to a person; the rest of theirs need no declaration."""
    foreign = _models_of(config for config in apps.get_app_configs() if not _is_ours(config))
    return [model for model in foreign if any(_points_to_a_person(field) for field in model._meta.get_fields())]


def _models_of(configs: Iterable[AppConfig]) -> list[type[Model]]:
    return [model for config in configs for model in config.get_models() if not model._meta.proxy]


def _points_to_a_person(field: Any) -> bool:
    # What Django makes itself is the other end of a relation, which lies in somebody else's table.
    return field.is_relation and not field.auto_created and field.related_model is get_user_model()


def _is_ours(config: AppConfig) -> bool:
    path, base = Path(config.path).resolve(), Path(settings.BASE_DIR).resolve()
    # A virtual environment may lie inside the project.
    return path.is_relative_to(base) and not {"site-packages", "dist-packages"} & set(path.relative_to(base).parts)


def _has_hidden_table(field: "ManyToManyField[Any, Any]") -> bool:
    through: Any = field.remote_field.through
    return bool(through._meta.auto_created)


def _installed(label: str) -> type[Model] | None:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


@dataclass(frozen=True)
class Declaration:
    """One declaration beside the model that it speaks of."""

    data: PersonalData
    model: type[Model]

    def problems(self) -> Iterator[CheckMessage]:
        """Yield every contradiction between the two."""
        yield from self._columns()
        yield from self._subjects()
        for field in self.data.fields:
            yield from self._field(field)

    def _error(self, number: int, message: str, hint: str) -> CheckMessage:
        return Error(message, hint=hint, obj=self.model, id=f"catalogue.E{number:03}")

    def _columns(self) -> Iterator[CheckMessage]:
        declared = {field.name for field in self.data.fields if field.derived_from is None}
        derived = {field.column for field in self.data.fields if field.derived_from is not None}
        excused = set(self.data.not_personal)
        for name in sorted(self._local_columns() - declared - excused):
            yield self._error(
                1,
                f"The column {name} is neither declared nor excused.",
                "Add a PersonalField for it, or give the reason why it is not personal in not_personal.",
            )
        for name in sorted((declared | derived | excused) - self._all_columns()):
            yield self._error(2, f"There is no column {name}.", "Correct the name (of the field, without _id).")
        for name in sorted(declared & excused):
            yield self._error(
                3, f"The column {name} is both declared and excused.", "Take it out of fields or out of not_personal."
            )

    def _local_columns(self) -> set[str]:
        # A many-to-many without a model of its own is a table nobody else could declare: it counts as a column here.
        hidden = {each.name for each in self.model._meta.local_many_to_many if _has_hidden_table(each)}
        return hidden | {each.name for each in self.model._meta.local_concrete_fields}

    def _all_columns(self) -> set[str]:
        return {each.name for each in (*self.model._meta.concrete_fields, *self.model._meta.many_to_many)}

    def _subjects(self) -> Iterator[CheckMessage]:
        for subject in self.data.subjects:
            try:
                hops = follow(self.model, subject)
            except PathError as wrong:
                yield self._error(
                    4,
                    f"The subject {subject} leads to nobody: {wrong}",
                    f'Give the path of relations to {settings.AUTH_USER_MODEL}, or "self" on that model itself.',
                )
                continue
            if why := contradiction(self.data, hops):
                yield self._error(
                    7,
                    f"What is declared for erasure and on_delete along {subject} contradict each other: {why}",
                    "Change on_delete of the foreign key or the erasure of the fields (table in catalogue/rows.py).",
                )

    def _field(self, field: PersonalField) -> Iterator[CheckMessage]:
        column = self._column(field.column)
        if column is not None:
            yield from self._encryption(field, column)
            yield from self._blank(field, column)
        yield from self._retention(field)
        yield from self._reason(field)
        if field.settable and not self._has_audience_column(field.name):
            yield self._error(
                10,
                f"The audience of {field.name} is its owner's to set, and there is no column {field.name}_audience.",
                "Add that column to the model (for a field of the user model, to PRIVACY_PROFILE_MODEL).",
            )

    def _column(self, name: str) -> "AnyField | None":
        columns: Iterable[AnyField] = (*self.model._meta.concrete_fields, *self.model._meta.many_to_many)
        return next((each for each in columns if each.name == name), None)

    def _encryption(self, field: PersonalField, column: AnyField) -> Iterator[CheckMessage]:
        sealed = getattr(column, "sealed", False) is True
        if field.encrypted and not sealed:
            yield self._error(
                5,
                f"{field.name} is promised to be encrypted, and {type(column).__name__} does not encrypt.",
                "Use a field of encryption.fields, or do not promise it.",
            )
        if sealed and not field.encrypted:
            yield self._error(
                6, f"{field.name} is encrypted, and its declaration denies it.", "Declare it with encrypted=True."
            )

    def _blank(self, field: PersonalField, column: AnyField) -> Iterator[CheckMessage]:
        if not isinstance(field.erasure, Blank) or field.derived_from or isinstance(column, ManyToManyField):
            return
        try:
            blank_value(column)
        except ValueError:
            yield self._error(
                8,
                f"{field.name} is to be emptied, and its column has no empty value.",
                "Allow NULL (the only way for encrypted and unique columns) or a blank default, or choose DeleteRow or "
                "Replace.",
            )

    def _reason(self, field: PersonalField) -> Iterator[CheckMessage]:
        if field.settable and is_empty(field.why):
            yield self._error(
                13,
                f"{field.name} is asked for without saying why.",
                "Give the sentence that stands beside the form field: why it is asked, and who sees it.",
            )

    def _retention(self, field: PersonalField) -> Iterator[CheckMessage]:
        if field.counted_from is None:
            return
        column = last_column(self.model, field.counted_from)
        # A sealed date is a date in Python only: the database cannot compare it with a deadline.
        if not isinstance(column, DateField) or getattr(column, "sealed", False):
            yield self._error(
                9,
                f"The retention of {field.name} counts from {field.counted_from}, which is no readable date column.",
                "Name a date or datetime column of the model, or of one that it refers to (relation__column).",
            )

    def _has_audience_column(self, name: str) -> bool:
        models = [self.model]
        if self.model is get_user_model() and (profile := getattr(settings, "PRIVACY_PROFILE_MODEL", None)):
            models.append(apps.get_model(profile))
        return any(each.name == f"{name}_audience" for model in models for each in model._meta.concrete_fields)
