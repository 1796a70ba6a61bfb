"""One value of a JSON file and where it stands, read strictly: what does not fit is noted with its path."""

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

T = TypeVar("T")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
KINDS = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}


class WorldRefused(ValueError):
    """A world that does not fit. ``problems`` says where and why, one line each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Repeating(dict[str, Any]):
    """A JSON object that remembers which of its keys came twice."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        keys = [key for key, _ in pairs]
        self.repeated = {key for key in keys if keys.count(key) > 1} if len(self) < len(keys) else set()


def read_json(text: str | bytes) -> Any:
    """Return the value of a JSON text. Raises ``WorldRefused`` with line and column."""
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(decoded, object_pairs_hook=Repeating, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise WorldRefused([f"line {error.lineno}, column {error.colno}: {error.msg}"]) from error
    except UnicodeDecodeError as error:
        raise WorldRefused([f"byte {error.start}: not UTF-8"]) from error
    except RecursionError as error:
        raise WorldRefused(["nested too deeply"]) from error
    except ValueError as error:
        raise WorldRefused([f"not JSON: {error}"]) from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


@dataclass(frozen=True)
class Part:
    """A value with its path. What is wrong goes to ``problems``, and a harmless value is returned in its place."""

    value: Any
    path: str = ""
    problems: list[str] = field(default_factory=list)

    def refuse(self, why: str) -> None:
        self.problems.append(f"{self.path or 'world'}: {why}")

    def at(self, step: str | int, value: Any) -> "Part":
        """Return a value inside this one."""
        inner = f"[{step}]" if isinstance(step, int) else f".{step}" if self.path else step
        return Part(value, self.path + inner, self.problems)

    def is_a(self, kind: type) -> bool:
        """Say whether the value is of ``kind``; note it if not."""
        fits = isinstance(self.value, kind)
        if not fits:
            self.refuse(f"must be {KINDS[kind]}")
        return fits

    def items(self) -> list["Part"]:
        if not self.is_a(list):
            return []
        return [self.at(number, value) for number, value in enumerate(self.value)]

    def keys(self, known: Collection[str], *, what: str = "key", required: Collection[str] = ()) -> dict[str, "Part"]:
        """Return the parts of an object by key, only those in ``known``; note unknown, repeated and missing keys."""
        if not self.is_a(dict):
            return {}
        for key in self.value:
            if key not in known:
                self.at(shown(key), None).refuse(f"unknown {what}")
        for key in sorted(getattr(self.value, "repeated", ())):
            self.at(shown(key), None).refuse("given twice")
        for key in required:
            if key not in self.value:
                self.at(key, None).refuse("missing")
        return {key: self.at(key, value) for key, value in self.value.items() if key in known}

    def text(self, limit: int, *, lines: bool = False, blank: bool = False) -> str:
        """Return a string of at most ``limit`` characters, without control characters."""
        if not self.is_a(str):
            return ""
        text: str = self.value
        if len(text) > limit:
            self.refuse(f"longer than {limit:,} characters")
        elif not (text.strip() or blank):
            self.refuse("must not be empty")
        elif any(is_control(sign) for sign in text if not (lines and sign in "\n\r\t")):
            self.refuse("contains a control character")
        else:
            return text
        return ""

    def truth(self) -> bool:
        return bool(self.value) if self.is_a(bool) else False

    def choice(self, known: Collection[str], what: str) -> str:
        """Return a string that is one of ``known``."""
        if not self.is_a(str):
            return ""
        if self.value not in known:
            self.refuse(f"unknown {what} '{shown(self.value)}'")
            return ""
        return str(self.value)

    def day(self) -> date | None:
        """Return a date such as ``1990-04-01``."""
        if not self.is_a(str):
            return None
        try:
            return date.fromisoformat(self.value if DAY.fullmatch(self.value) else "")
        except ValueError:
            self.refuse("is no date such as 1990-04-01")
            return None

    def time(self) -> datetime | None:
        """Return an instant in ISO 8601, in UTC where no zone is given; null is none."""
        if self.value is None or not self.is_a(str):
            return None
        try:
            instant = datetime.fromisoformat(self.value)
            return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse("is no time such as 2025-01-05T10:00:00Z")
            return None

    def pair(self) -> tuple["Part", "Part"] | None:
        """Return the two parts of a list of exactly two."""
        parts = self.items()
        if len(parts) == 2:
            return parts[0], parts[1]
        if isinstance(self.value, list):
            self.refuse("must be a list of two handles")
        return None

    def unlike(self, taken: dict[Any, str], key: Any, why: str) -> None:
        """Note a value whose ``key`` stood somewhere before."""
        if key in taken:
            self.refuse(f"{why} {taken[key]}")
        taken.setdefault(key, self.path)


def is_control(sign: str) -> bool:
    """Say whether a character is a control character or half of a surrogate pair."""
    return unicodedata.category(sign) in ("Cc", "Cs")


def shown(text: str) -> str:
    """Return a piece of the file short and clean enough for a message."""
    clean = "".join("\N{REPLACEMENT CHARACTER}" if is_control(sign) else sign for sign in text)
    return clean if len(clean) <= 40 else f"{clean[:39]}…"


def each(part: Part | None, read: Callable[[Part], T]) -> tuple[T, ...]:
    """Return every item of a list, read."""
    return tuple(read(item) for item in part.items()) if part else ()
