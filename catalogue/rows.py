"""What becomes of a row when a person goes: what is declared, against what the database does.

Erasing first carries out the declared rules on every row (*data*) and deletes the person's own row last
(*identity*). What the declaration wants of the row as a whole, across, is held against what ``on_delete`` does to it
along the path to the person, down:

================================  ===============  ==============  =================
on_delete                         DeleteRow        Keep            Blank, Replace
================================  ===============  ==============  =================
CASCADE all the way, or "self"    agree            row is lost     agree
SET_NULL, SET_DEFAULT, SET        row stays        agree           agree
PROTECT, RESTRICT                 agree            person stays    person stays
DO_NOTHING                        row stays        id dangles      id dangles
DO_NOTHING, no constraint         row stays        agree           agree
================================  ===============  ==============  =================

* One field with DeleteRow takes the row along, one with Keep makes it stay; they exclude each other.
* PROTECT agrees with DeleteRow: the row is gone before the person, and a row forgotten is an error, not a loss.
* PROTECT on a column that is itself declared as blanked or replaced is let go of first, and counts as SET_NULL.
* DO_NOTHING without a constraint leaves a number behind that names nobody any more: a pseudonym.
* Reverse relations and many-to-many end with the person and leave the row: they count as SET_NULL.
"""

from collections.abc import Sequence
from enum import Enum

from django.db.models import CASCADE, DO_NOTHING, PROTECT, RESTRICT, ForeignKey

from catalogue.declarations import PersonalData
from catalogue.erasure import Blank, DeleteRow, Keep, Replace
from catalogue.paths import Relation


class RowRule(Enum):
    """What a declaration wants of the row as a whole."""

    DELETED = "the row is to be deleted"
    KEPT = "the row is to be kept"
    EMPTIED = "the row is to be emptied"


class Fate(Enum):
    """What the database does to a row when the person at the end of a path is deleted."""

    VANISHES = "it is deleted together with the person"
    UNLINKED = "it stays behind, without the person"
    HOLDS = "it holds the person back"
    DANGLES = "it stays behind with the id of nobody"
    PSEUDONYM = "it stays behind with an id that nothing ties to anybody"


_AGREE = {
    RowRule.DELETED: {Fate.VANISHES, Fate.HOLDS},
    RowRule.KEPT: {Fate.UNLINKED, Fate.PSEUDONYM},
    RowRule.EMPTIED: {Fate.VANISHES, Fate.UNLINKED, Fate.PSEUDONYM},
}


def contradiction(data: PersonalData, hops: Sequence[Relation]) -> str | None:
    """Return in words how declaration and database contradict each other along ``hops``, or None if they agree."""
    rule = _rule(data)
    if rule is None:
        return None
    fate = _fate(data, hops)
    return None if fate in _AGREE[rule] else f"{rule.value}, but {fate.value}."


def _rule(data: PersonalData) -> RowRule | None:
    erasures = {type(field.erasure) for field in data.fields}
    if DeleteRow in erasures:
        return RowRule.DELETED
    if Keep in erasures:
        return RowRule.KEPT
    return RowRule.EMPTIED if erasures else None


def _fate(data: PersonalData, hops: Sequence[Relation]) -> Fate:
    # From the person outwards: as long as rows vanish, the next relation decides.
    for position, hop in reversed(list(enumerate(hops))):
        fate = _fate_of(hop)
        if fate is Fate.HOLDS and position == 0 and _is_let_go(data, hop.name):
            return Fate.UNLINKED
        if fate is not Fate.VANISHES:
            return fate
    return Fate.VANISHES


def _fate_of(hop: Relation) -> Fate:
    if not isinstance(hop, ForeignKey):
        return Fate.UNLINKED
    on_delete = hop.remote_field.on_delete
    if on_delete is CASCADE:
        return Fate.VANISHES
    if on_delete in (PROTECT, RESTRICT):
        return Fate.HOLDS
    if on_delete is DO_NOTHING:
        return Fate.DANGLES if getattr(hop, "db_constraint", True) else Fate.PSEUDONYM
    return Fate.UNLINKED


def _is_let_go(data: PersonalData, name: str) -> bool:
    return any(field.name == name and isinstance(field.erasure, Blank | Replace) for field in data.fields)
