"""Two wordings of one text, and which words are new or gone. However long or odd they are, it takes bounded time."""

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from .blocks import Block

SAME, NEW, GONE, CHANGED = "same", "new", "gone", "changed"
# A word with what follows it up to the next; signs stand alone, so that a comma more changes no word.
WORD = re.compile(r"(\w+(?:['\u2019\-]\w+)*|[^\w\s])(\s*)")
# Blocks that share at least so much of their words are two wordings of one.
ALIKE = 0.5
# So many words between two changes are taken into them: confetti cannot be read.
TOO_FEW_TO_STAND_ALONE = 1
MOST_TO_PAIR = 10_000


class Patience:
    """How many comparisons may still be made: the matcher of difflib can take the cube of what it is given."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def lasts_for(self, old: Sequence[Hashable], new: Sequence[Hashable]) -> bool:
        """Say whether two sequences can be matched, and count it, at the most that it can take."""
        counts = Counter(new)
        equal = sum(counts[each] for each in old)
        most = (equal + len(old) + len(new)) * (min(len(old), len(new)) + 1)
        if most > self.steps:
            return False
        self.steps -= most
        return True


class Step(NamedTuple):
    """``old[start:end]`` corresponds to ``new[new_start:new_end]``; both are equal if ``is_same``."""

    is_same: bool
    start: int
    end: int
    new_start: int
    new_end: int


@dataclass(frozen=True)
class Run:
    """Words in a row that are the same, new or gone."""

    mark: str
    text: str

    @property
    def before(self) -> str:
        """Return the space before the words, which is not to be underlined or struck through."""
        return self.text[: len(self.text) - len(self.text.lstrip())]

    @property
    def words(self) -> str:
        return self.text.strip()

    @property
    def after(self) -> str:
        return self.text[len(self.text.rstrip()) :]


@dataclass(frozen=True)
class Line:
    """A block of either wording, or of both: new, gone, the same, or changed in the marked words."""

    mark: str
    kind: str
    runs: tuple[Run, ...]


def compared(old: Sequence[Block], new: Sequence[Block], patience: Patience) -> list[Line]:
    """Return both wordings as one, block by block."""
    lines: list[Line] = []
    for step in steps(old, new, patience):
        theirs, ours = old[step.start : step.end], new[step.new_start : step.new_end]
        lines += [_line(SAME, block) for block in ours] if step.is_same else _replaced(theirs, ours, patience)
    return lines


def steps(old: Sequence[Hashable], new: Sequence[Hashable], patience: Patience) -> Iterator[Step]:
    """Yield what became of what. If patience does not last, all between what is equal at both ends was replaced."""
    shortest = min(len(old), len(new))
    head = next((place for place in range(shortest) if old[place] != new[place]), shortest)
    rest = range(shortest - head)
    tail = next((place for place in rest if old[-1 - place] != new[-1 - place]), len(rest))
    end, new_end = len(old) - tail, len(new) - tail
    if head:
        yield Step(True, 0, head, 0, head)
    yield from _middle(old[head:end], new[head:new_end], head, patience)
    if tail:
        yield Step(True, end, len(old), new_end, len(new))


def _middle(old: Sequence[Hashable], new: Sequence[Hashable], offset: int, patience: Patience) -> Iterator[Step]:
    if not old and not new:
        return
    if not patience.lasts_for(old, new):
        yield Step(False, offset, offset + len(old), offset, offset + len(new))
        return
    for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield Step(tag == "equal", offset + start, offset + end, offset + new_start, offset + new_end)


def _replaced(old: Sequence[Block], new: Sequence[Block], patience: Patience) -> Iterator[Line]:
    """Yield blocks in the place of others: those alike as one that changed, the others as gone and as new."""
    rest = list(old)
    for block in new:
        found = _place_of_its_like(block, rest) if len(old) * len(new) <= MOST_TO_PAIR else None
        if found is None:
            yield _line(NEW, block)
            continue
        yield from (_line(GONE, each) for each in rest[:found])
        yield Line(CHANGED, block.kind, tuple(words_compared(rest[found].text, block.text, patience)))
        rest = rest[found + 1 :]
    yield from (_line(GONE, each) for each in rest)


def _place_of_its_like(block: Block, among: Sequence[Block]) -> int | None:
    return next((place for place, each in enumerate(among) if likeness(each.text, block.text) >= ALIKE), None)


def _line(mark: str, block: Block) -> Line:
    return Line(mark, block.kind, (Run(mark, block.text),))


def likeness(old: str, new: str) -> float:
    """Return how much of their words two texts share, from 0 to 1, in whatever order."""
    theirs, ours = (Counter(word for word, _space in WORD.findall(text)) for text in (old, new))
    return 2 * (theirs & ours).total() / ((theirs + ours).total() or 1)


def words_compared(old: str, new: str, patience: Patience) -> list[Run]:
    """Return two wordings of one text as one: what is gone stands before what is new in its place."""
    theirs, ours = WORD.findall(old), WORD.findall(new)
    found = steps([word for word, _space in theirs], [word for word, _space in ours], patience)
    runs: list[Run] = []
    for step in _without_confetti(list(found)):
        if step.is_same:
            runs.append(Run(SAME, _joined(ours[step.new_start : step.new_end])))
            continue
        if text := _joined(theirs[step.start : step.end]):
            runs.append(Run(GONE, _space_lost_before(step, theirs, ours) + text))
        runs += [Run(NEW, text)] if (text := _joined(ours[step.new_start : step.new_end])) else []
    return runs


def _space_lost_before(step: Step, old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> str:
    """Return what parted words that are gone from the word before, where what is new follows that word closely."""
    if not step.start or not step.new_start or new[step.new_start - 1][1]:
        return ""
    return old[step.start - 1][1]


def _joined(words: Sequence[tuple[str, str]]) -> str:
    return "".join(word + space for word, space in words)


def _without_confetti(found: Sequence[Step]) -> list[Step]:
    """Return the steps with lone words between two changes taken into them."""
    kept: list[Step] = []
    for place, step in enumerate(found):
        is_inside = 0 < place < len(found) - 1
        is_change = not step.is_same or (is_inside and step.end - step.start <= TOO_FEW_TO_STAND_ALONE)
        if is_change and kept and not kept[-1].is_same:
            kept[-1] = kept[-1]._replace(end=step.end, new_end=step.new_end)
        else:
            kept.append(step if is_change == (not step.is_same) else step._replace(is_same=False))
    return kept
