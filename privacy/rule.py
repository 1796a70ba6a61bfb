"""The rule of who sees a value, written once, as SQL.

A value ``f`` of an owner ``o`` reaches a viewer ``v`` when

* ``o`` is ``v``, or
* ``v`` is not excepted from ``f``, and the audience of ``f`` is *everyone*; or *members* and ``v`` is signed in;
  or *friends* and they are friends; or *chosen circles* and ``v`` is in one that ``o`` chose for ``f``.
"""

from dataclasses import dataclass

from catalogue.vocabulary import Audience


@dataclass(frozen=True)
class Terms:
    """What ties a viewer to an owner, as conditions of SQL; an empty one stands for a tie that nobody has."""

    signed_in: bool = False
    friend: str = ""
    circle: str = ""
    excepted: str = ""
    own: str = ""


def rule(audience: str, terms: Terms) -> str:
    """Return the rule as a condition on the column of an audience; the terms stand in it in their order."""
    reached = f"{audience} <= {Audience.MEMBERS if terms.signed_in else Audience.EVERYONE:d}"
    if terms.friend:
        reached += f" OR ({audience} = {Audience.FRIENDS:d} AND {terms.friend})"
    if terms.circle:
        reached += f" OR ({audience} = {Audience.CIRCLES:d} AND {terms.circle})"
    if terms.excepted:
        reached = f"({reached}) AND NOT {terms.excepted}"
    return f"(({reached}) OR {terms.own})" if terms.own else f"({reached})"
