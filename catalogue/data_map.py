"""The catalogue as plain values, for programs and for a policy to freeze."""

from datetime import timedelta

from catalogue import registry
from catalogue.declarations import PersonalData, PersonalField


def data_map() -> list[dict[str, object]]:
    """Return every declared field as plain JSON values."""
    return [entry(data, field) for data in registry.personal_data() for field in data.fields]


def entry(data: PersonalData, field: PersonalField) -> dict[str, object]:
    """Return one declared field as plain JSON values; ``keep_for_days`` is None for as long as the account."""
    return {
        "model": data.model,
        "field": field.name,
        "category": field.category.value,
        "purpose": field.purpose.value,
        "basis": field.basis.value,
        "keep_for_days": _days(field.keep_for),
        "counted_from": field.counted_from,
        "audience": field.audience.word,
        "settable": field.settable,
        "shareable": field.shareable,
        "encrypted": field.encrypted,
        "masked": field.masked,
        "searchable": field.searchable,
        "erasure": field.erasure.word,
    }


def _days(length: timedelta | None) -> int | float | None:
    if length is None:
        return None
    days = length / timedelta(days=1)
    return int(days) if days.is_integer() else days
