"""Tables for a terminal."""

from collections.abc import Sequence


def in_columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return ``rows`` as lines whose columns stand under each other; nothing is cut, it is there to be copied."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
