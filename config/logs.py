"""Logs that say what happened and where in the code, and nothing about whom.

A log outlives the person's wish to be forgotten, so no value reaches one: of the arguments of a message only numbers
are printed, of an exception only its type and the places in the code it went through. Paths, queries, addresses and
people are not written at all. Libraries put what a client sent into the message itself, so of theirs a message without
arguments is not printed either: logger, level and exception have to do.
"""

import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

BASE_DIR = Path(__file__).resolve().parent.parent
HIDDEN = "…"
DEEPEST = 30

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")


class Name(str):
    """A word from our own code (a command, a field, a state): the one kind of text an argument may be."""

    __slots__ = ()


class Hidden(str):
    """Stands for an argument that is not printed, whatever the message wants to do with it."""

    __slots__ = ()

    def __new__(cls) -> "Hidden":
        return super().__new__(cls, HIDDEN)

    def __repr__(self) -> str:
        return HIDDEN


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request, and for an exception its types and places."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_text_of_error(message_without_values(record), record),
        }
        if request_id := current_request_id.get():
            line["request"] = request_id
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = list(exceptions_without_text(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False)


def message_without_values(record: logging.LogRecord) -> str:
    """Return the message of ``record`` with its numbers filled in and everything else hidden."""
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    if not record.args:
        return record.msg if is_ours(record.name) else HIDDEN
    try:
        return record.msg % without_values(record.args)
    except (TypeError, ValueError, KeyError):
        # A number format for a hidden text, or too few arguments: the wording alone still says what happened.
        return record.msg


@cache
def is_ours(logger: str) -> bool:
    """Tell whether a logger belongs to this project: such a message is a constant, with every value an argument."""
    package = logger.partition(".")[0]
    return package == "hedgerow" or (BASE_DIR / package / "__init__.py").is_file()


def without_text_of_error(message: str, record: logging.LogRecord) -> str:
    """Return ``message`` without the text of the exception it is about: Django logs some as their own message."""
    error = record.exc_info[1] if record.exc_info else None
    text = str(error) if error is not None else ""
    return message.replace(text, HIDDEN) if text else message


def without_values(args: tuple[object, ...] | Mapping[str, object]) -> tuple[object, ...] | dict[str, object]:
    if isinstance(args, Mapping):
        return {name: printable(value) for name, value in args.items()}
    return tuple(printable(value) for value in args)


def printable(value: object) -> object:
    """Return ``value`` if it can only be a number, an id or a word of ours; a stand-in for all else."""
    return value if isinstance(value, int | float | UUID | Name) else Hidden()


def exceptions_without_text(error: BaseException) -> Iterator[dict[str, Any]]:
    """Yield type and code locations of ``error`` and of what caused it, never a text or a local value."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(seen) < DEEPEST:
        seen.add(id(current))
        kind = type(current)
        yield {"type": f"{kind.__module__}.{kind.__qualname__}", "at": places(current.__traceback__)}
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def places(trace: TracebackType | None) -> list[str]:
    """Return the last ``DEEPEST`` frames as ``file:line function``, innermost last."""
    frames = [(frame.f_code, line) for frame, line in traceback.walk_tb(trace)][-DEEPEST:]
    return [f"{short_path(code.co_filename)}:{line} {code.co_name}" for code, line in frames]


def short_path(filename: str) -> str:
    """Return a path below the project or below site-packages: where we are installed is nobody's business."""
    _, marker, rest = filename.rpartition("/site-packages/")
    return rest if marker else filename.removeprefix(f"{BASE_DIR}/")
