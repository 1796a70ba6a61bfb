"""Parameters of a notice as JSON and back: text, numbers, truth values, nothing, and moments."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

_MOMENT = "at"


def pack(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``parameters`` as JSON can hold them. Raises TypeError for what it could not give back alike."""
    return {name: _packed(value) for name, value in parameters.items()}


def unpack(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that were packed."""
    return {
        name: datetime.fromisoformat(value[_MOMENT]) if isinstance(value, dict) else value
        for name, value in stored.items()
    }


def _packed(value: Any) -> Any:
    if isinstance(value, datetime):
        return {_MOMENT: value.isoformat()}
    if isinstance(value, Promise):
        raise TypeError("a text to be translated has no language yet: make it in the context of the notice")
    if value is None or type(value) in (str, int, bool):
        return value
    raise TypeError(f"a notice does not carry a {type(value).__name__}")
