"""What takes two members of staff: one writes, another approves what they have seen."""

from typing import Any


class NotNow(Exception):
    """It is not at a stage at which that can be done, or not any more."""


class YourOwnWords(Exception):
    """Nobody approves what they wrote themself."""


class Changed(Exception):
    """It has been changed since it was looked at."""


def is_written_by(row: Any, member: Any) -> bool:
    """Say whether ``member`` had a hand in ``row``: wrote it last, or is among its ``writers``."""
    return bool(row.written_by_id == member.pk or row.writers.filter(pk=member.pk).exists())


def step(row: Any, stages: tuple[Any, ...], **values: Any) -> None:
    """Write ``values`` into ``row`` by one conditional change, if it is at one of ``stages``; raise ``NotNow`` if not.

    Of two who press at once, one is told that it was too late.
    """
    if not type(row)._default_manager.filter(pk=row.pk, stage__in=stages).update(**values):
        raise NotNow
    for name, value in values.items():
        setattr(row, name, value)
