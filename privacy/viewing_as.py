"""*View as*: the ties that a stand-in would have to the owner, put into the very same rule."""

from collections.abc import Collection
from typing import Any

from django.db.models import BooleanField, Case, Value, When

from .fields import profile_model
from .models import Circle, CircleMember, FieldCircle, FieldException, number_written
from .relationships import relationships
from .visibility import Reaches, TiedOwners, Ties, Viewer, known_to


def stand_in(owner: Any, word: str) -> Ties | None:
    """Return the ties of ``everyone``, a ``member``, a ``friend`` or somebody in ``circle:ID``; None for other words.

    A stand-in is excepted nowhere, and a member or friend is in no circle. Somebody in a circle counts as a friend
    if everybody in that circle is one: the page shows what all of them see.
    """
    kind, _, which = word.partition(":")
    if kind == "circle":
        return _in_circle(owner, which)
    plain = {"everyone": Ties(), "member": Ties(signed_in=True), "friend": Ties(signed_in=True, friends={owner.pk})}
    return plain.get(word)


def _in_circle(owner: Any, which: str) -> Ties | None:
    number = number_written(which)
    circle = Circle.objects.filter(owner=owner, pk=number).first() if number is not None else None
    if circle is None:
        return None
    people = _known_people(circle)
    all_friends = bool(people) and people == set(relationships.friend_ids(owner.pk, among=people))
    fields = FieldCircle.objects.filter(owner=owner, circle=circle).values_list("field", flat=True)
    chosen = TiedOwners({name: {owner.pk} for name in fields})
    return Ties(signed_in=True, friends={owner.pk} if all_friends else (), circles=chosen)


def _known_people(circle: Circle) -> set[int]:
    """Return who is in a circle and still here for its owner: whoever left and whoever blocked them count alike."""
    inside = CircleMember.objects.filter(circle=circle).values("person_id")
    return set(known_to(Viewer(circle.owner_id)).filter(pk__in=inside).values_list("pk", flat=True))


def who_sees(owner: Any, field: str, people: Collection[int]) -> set[int]:
    """Return which of ``people`` see ``field`` of ``owner``, in a constant number of queries.

    The rule is the one of every page, asked once for each of them in a single query. Blocks are not asked here.
    """
    if not people:
        return set()
    ties = _ties_of_many(owner, field, people)
    asked = {
        f"seen_{person}": Case(When(Reaches(field, tie), then=Value(True)), default=False, output_field=BooleanField())
        for person, tie in ties.items()
    }
    [answers] = profile_model()._default_manager.filter(pk=owner.pk).annotate(**asked).values(*asked)
    return {person for person in ties if answers[f"seen_{person}"]}


def _ties_of_many(owner: Any, field: str, people: Collection[int]) -> dict[int, Ties]:
    mine = {owner.pk}
    friends = set(relationships.friend_ids(owner.pk, among=people))
    chosen = FieldCircle.objects.filter(owner=owner, field=field).values("circle_id")
    grouped = CircleMember.objects.filter(circle__in=chosen, person__in=people).values_list("person_id", flat=True)
    excepted = FieldException.objects.filter(owner=owner, field=field, person__in=people)
    in_circle, out = set(grouped), set(excepted.values_list("person_id", flat=True))
    return {
        person: Ties(
            signed_in=True,
            own=mine if person == owner.pk else (),
            friends=mine if person in friends else (),
            circles=TiedOwners({field: mine} if person in in_circle else {}),
            exceptions=TiedOwners({field: mine} if person in out else {}),
        )
        for person in people
    }
