"""One number for everything that is declared, so that a policy version can tell what it was written for."""

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from enum import Enum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import override

from catalogue import registry
from catalogue.declarations import ExternalStore, PersonalData, PersonalField
from catalogue.erasure import Erasure, Keep, Replace


def fingerprint() -> str:
    """Return the SHA-256, in hexadecimal, of the canonical JSON of all declarations.

    Neither the order of declarations nor the reader's language matters, nor the wording of labels, of the sentences
    beside form fields and of the reasons in ``not_personal``; which columns are excused does.
    """
    with override(None):  # texts as they stand in the source, whatever language is active
        declared = {
            "models": _sorted([_data(data) for data in registry.personal_data()]),
            "stores": _sorted([_store(store) for store in registry.stores()]),
        }
    return hashlib.sha256(_canonical(declared).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _sorted(values: Sequence[object]) -> list[object]:
    return sorted(values, key=_canonical)


def _data(data: PersonalData) -> dict[str, object]:
    return {
        "model": data.model.lower(),
        "subjects": sorted(data.subjects),
        "known_to": sorted(data.known_to),
        "fields": _sorted([_field(field) for field in data.fields]),
        "not_personal": sorted(data.not_personal),
    }


def _field(field: PersonalField) -> dict[str, object]:
    wording = {"label", "why", "withheld"}
    declared = {name: value for name, value in vars(field).items() if name not in wording}
    return {name: _plain(value) for name, value in declared.items()}


def _store(store: ExternalStore) -> dict[str, object]:
    return {
        "name": store.name,
        "holds": str(store.holds),
        "keep_for": _plain(store.keep_for),
        "erased_on_request": store.erase is not None,
    }


def _plain(value: Any) -> object:
    match value:
        case Erasure():
            return _erasure(value)
        case Enum():
            return value.value
        case timedelta():
            return value.total_seconds()
        case Promise():
            return str(value)
    return value


def _erasure(erasure: Erasure) -> dict[str, object]:
    match erasure:
        case Keep(because, until):
            return {"rule": erasure.word, "because": str(because), "until": _plain(until)}
        case Replace(value):
            return {"rule": erasure.word, "value": _named(value) if callable(value) else repr(_plain(value))}
    return {"rule": erasure.word}


def _named(function: Any) -> str:
    # A function is known by its name: its repr would carry an address, which differs in every process.
    return f"{function.__module__}.{function.__qualname__}"
