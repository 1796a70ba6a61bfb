"""Instances whose sealed values are open already: for the many rows of one page."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable
from django.db.models.signals import post_init, pre_init

from .bulk import CHUNK, open_columns, prefetch_keys
from .envelope import DecryptionError
from .keys import data_keys
from .sealed import wrap_stored

_FROM_DB = vars(Model)["from_db"].__func__


class OpenedRows(ModelIterable):  # type: ignore[type-arg]
    """Makes instances as Django does, with the fields ``opens`` of the queryset opened column by column before.

    A plain row becomes an instance without the detour through ``Model.__init__``, one setter and one converter per
    value, which takes longer than opening the values. Whatever is not plain goes Django's way and is opened on first
    read.
    """

    def __iter__(self) -> Iterator[Any]:
        if not is_plain(self.queryset):
            yield from with_keys_of(super().__iter__(), self.chunk_size if self.chunked_fetch else None)
            return
        compiler = self.queryset.query.get_compiler(using=self.queryset.db)
        results = compiler.execute_sql(chunked_fetch=self.chunked_fetch, chunk_size=self.chunk_size)
        for rows in results if self.chunked_fetch else [list(chain.from_iterable(results))]:
            yield from self._instances(compiler, rows)

    def _instances(self, compiler: Any, rows: Sequence[Sequence[Any]]) -> Iterator[Any]:
        """Make the instances of some rows, whose keys come with one query."""
        queryset: Any = self.queryset
        model, db = queryset.model, queryset.db
        names = [field.attname for field in model._meta.concrete_fields]
        fields = [model._meta.get_field(name) for name in queryset.opens]
        places = [names.index(field.attname) for field in fields]
        whose = names.index(fields[0].subject_attname)
        converters = compiler.get_converters(column for column, _, _ in compiler.select)
        converters = {place: converter for place, converter in converters.items() if place not in places}
        keys = data_keys([row[whose] for row in rows])
        for start in range(0, len(rows), CHUNK):
            columns = list(zip(*rows[start : start + CHUNK], strict=True))
            opened = open_columns(fields, columns[whose], [columns[place] for place in places], keys, _open_or_keep)
            for place, column in zip(places, opened, strict=True):
                columns[place] = tuple(column)
            chunk: Any = zip(*columns, strict=True)
            for row in compiler.apply_converters(chunk, converters) if converters else chunk:
                yield _instance(model, db, zip(names, row, strict=True))


def is_plain(queryset: Any) -> bool:
    """Say whether every row of a queryset is the columns of its model and nothing else, and all of one member."""
    model, query = queryset.model, queryset.query
    additions = query.select_related or query.annotation_select or query.extra_select or query.combinator
    known = queryset._known_related_objects  # noqa: SLF001  # as ModelIterable reads it
    narrowed = query.deferred_loading[0] or not query.deferred_loading[1] or known
    own_way = model.__init__ is not Model.__init__ or model.from_db.__func__ is not _FROM_DB
    heard = pre_init.has_listeners(model) or post_init.has_listeners(model)
    subjects = {model._meta.get_field(name).subject_attname for name in queryset.opens}
    columns = {field.attname for field in model._meta.concrete_fields}
    return len(subjects) == 1 and subjects <= columns and not (additions or narrowed or own_way or heard)


def with_keys_of(rows: Iterator[Any], size: int | None) -> Iterator[Any]:
    """Yield rows, having read the keys of ``size`` of them, or of all, with one query."""
    while chunk := list(islice(rows, size)):
        prefetch_keys(chunk)
        yield from chunk


def _instance(model: Any, db: str, values: Any) -> Any:
    instance, state = model.__new__(model), ModelState()
    state.db, state.adding = db, False
    instance.__dict__.update(values, _state=state)
    return instance


def _open_or_keep(field: Any, subject: Any, stored: Any) -> Any:
    """Return the plain value, or what is stored as the attribute takes it: reading it opens it or says why not."""
    kept = wrap_stored(stored)
    try:
        return kept if kept is None else field.open(subject, kept)
    except DecryptionError:
        return kept
