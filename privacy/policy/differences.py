"""What changed between two versions of the policy, clause by clause, for somebody to read."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.html import strip_tags

from .blocks import blocks_of
from .clauses import Clause, clauses_of
from .wording import CHANGED, GONE, NEW, SAME, Line, Patience, Run, compared, likeness, words_compared

# Well under a second's worth.
STEPS = 20_000_000
# Under one letter, with another title: still the same clause if its words are that much alike.
ALIKE = 0.3
PREAMBLE = "preamble"

Pair = tuple[Clause | None, Clause | None]


@dataclass(frozen=True)
class Difference:
    """What became of one clause. ``old_mark`` is its former letter, if it has another now or is gone."""

    mark: str
    clause: Clause
    title: tuple[Run, ...]
    lines: tuple[Line, ...]
    old_mark: str
    is_moved: bool

    @property
    def is_worth_a_look(self) -> bool:
        return self.mark != SAME or self.is_moved

    @property
    def has_another_title(self) -> bool:
        return self.mark == CHANGED and any(run.mark != SAME for run in self.title)

    @property
    def is_layout_only(self) -> bool:
        """Say whether it changed without a word being another."""
        return self.mark == CHANGED and all(run.mark == SAME for run in (*self.title, *self._runs))

    @property
    def _runs(self) -> list[Run]:
        return [run for line in self.lines for run in line.runs]


@dataclass(frozen=True)
class Differences:
    """All clauses of two versions, in the order of the later one; what is gone stands where it stood."""

    clauses: tuple[Difference, ...]

    def count(self, mark: str) -> int:
        """Return how many clauses are new, gone, or changed."""
        return sum(each.mark == mark for each in self.clauses)

    @property
    def new(self) -> int:
        return self.count(NEW)

    @property
    def gone(self) -> int:
        return self.count(GONE)

    @property
    def changed(self) -> int:
        return self.count(CHANGED)

    @property
    def moved(self) -> int:
        """Return how many clauses stand elsewhere, and are otherwise as they were."""
        return sum(each.mark == SAME and each.is_moved for each in self.clauses)

    @property
    def is_any(self) -> bool:
        return any(each.is_worth_a_look for each in self.clauses)

    @property
    def same(self) -> int:
        return sum(not each.is_worth_a_look for each in self.clauses)


# The texts are frozen, so the answer is too.
@lru_cache(maxsize=16)
def differences(old: str, new: str) -> Differences:
    """Return what changed from one text of the policy to another, in bounded time whatever they are."""
    before, after = _all_clauses(old), _all_clauses(new)
    pairs = list(_placed(before, after))
    moved, patience = _out_of_order(before, pairs), Patience(STEPS)
    return Differences(
        tuple(
            _difference(theirs, ours, patience, is_moved=place in moved) for place, (theirs, ours) in enumerate(pairs)
        )
    )


def _all_clauses(body: str) -> list[Clause]:
    preamble, clauses = clauses_of(body)
    first = Clause(mark="", title="", slug=PREAMBLE, html=preamble)
    return [first, *clauses] if preamble.strip() else clauses


def _difference(old: Clause | None, new: Clause | None, patience: Patience, *, is_moved: bool) -> Difference:
    clause = new or old
    assert clause is not None
    old_title, new_title = (each.title if each else "" for each in (old, new))
    old_text, new_text = (blocks_of(each.html) if each else [] for each in (old, new))
    return Difference(
        mark=_mark(old, new),
        clause=clause,
        title=tuple(words_compared(old_title, new_title, patience)),
        lines=tuple(compared(old_text, new_text, patience)),
        old_mark=old.mark if old and (new is None or new.mark != old.mark) else "",
        is_moved=is_moved,
    )


def _mark(old: Clause | None, new: Clause | None) -> str:
    if old is None or new is None:
        return NEW if old is None else GONE
    return SAME if (old.title, old.html) == (new.title, new.html) else CHANGED


def _placed(old: Sequence[Clause], new: Sequence[Clause]) -> Iterator[Pair]:
    """Yield every clause with what it was, those that are gone after what stood before them."""
    before = _matches(old, new)
    after = {id(theirs): ours for ours, theirs in ((ours, before.get(id(ours))) for ours in new) if theirs}
    gone_after: dict[int, list[Clause]] = {}
    anchor = 0
    for clause in old:
        if id(clause) in after:
            anchor = id(after[id(clause)])
        else:
            gone_after.setdefault(anchor, []).append(clause)
    yield from ((clause, None) for clause in gone_after.get(0, ()))
    for clause in new:
        yield before.get(id(clause)), clause
        yield from ((gone, None) for gone in gone_after.get(id(clause), ()))


KEYS: tuple[Callable[[Clause], Hashable], ...] = (
    lambda clause: (clause.slug, clause.title.casefold()),
    lambda clause: clause.title.casefold(),
    lambda clause: clause.html,
    lambda clause: clause.slug,
)


def _matches(old: Sequence[Clause], new: Sequence[Clause]) -> dict[int, Clause]:
    """Return for the clauses of ``new``, by their ids, what each was: of one title, text or letter, in that order."""
    found: dict[int, Clause] = {}
    left = list(old)
    for key in KEYS:
        by_key = {key(clause): clause for clause in reversed(left)}
        for clause in new:
            if id(clause) in found or (theirs := by_key.get(key(clause))) is None:
                continue
            if key is not KEYS[-1] or _is_one(theirs, clause):
                found[id(clause)] = by_key.pop(key(clause))
        taken = {id(each) for each in found.values()}
        left = [clause for clause in left if id(clause) not in taken]
    return found


def _is_one(old: Clause, new: Clause) -> bool:
    return old.slug == PREAMBLE or likeness(strip_tags(old.html), strip_tags(new.html)) >= ALIKE


def _out_of_order(old: Sequence[Clause], pairs: Sequence[Pair]) -> set[int]:
    """Return the places in ``pairs`` of clauses that moved: all but the most that kept their order."""
    was = {id(clause): place for place, clause in enumerate(old)}
    both = [(place, was[id(theirs)]) for place, (theirs, ours) in enumerate(pairs) if theirs and ours]
    steady = {both[place][0] for place in longest_rising([former for _place, former in both])}
    return {place for place, _former in both} - steady


def longest_rising(numbers: Sequence[int]) -> list[int]:
    """Return the places of a longest rising part of ``numbers``, in order."""
    tops: list[int] = []  # the least number with which a part of this length can end, and where that is
    places: list[int] = []
    before: list[int] = []
    for place, number in enumerate(numbers):
        length = bisect_left(tops, number)
        before.append(places[length - 1] if length else -1)
        tops[length : length + 1] = [number]
        places[length : length + 1] = [place]
    found: list[int] = []
    last = places[-1] if places else -1
    while last >= 0:
        found.append(last)
        last = before[last]
    return found[::-1]
