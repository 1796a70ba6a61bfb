"""Circles: groups that a member picks to show things to. Nobody else learns of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from catalogue.vocabulary import Audience
from privacy.audiences import Choice, choices, excepted_from, hold, set_audience
from privacy.fields import bearers
from privacy.juveniles import is_juvenile
from privacy.models import Circle, CircleMember, number_written
from privacy.visibility import Viewer, known_to

from .blocking import between, hold_pair
from .models import Block, Friendship, Member
from .profiles import clean_line

if TYPE_CHECKING:
    from django.db.models import QuerySet

PAGE = 50
LONGEST_NAME = 80
MOST_CIRCLES = 100


@dataclass(frozen=True)
class CirclePage:
    """One page of circles, each with ``size``; ``after`` starts the next one, if there is one."""

    circles: list[Circle]
    after: str | None


@transaction.atomic
def make_circle(name: str, *, by: Member) -> Circle:
    """Make an empty circle. Raises ``ValidationError`` for a name that will not do, or too many circles."""
    hold(by)
    if settings.LIMITS and Circle.objects.filter(owner=by).count() >= MOST_CIRCLES:
        raise ValidationError(
            _("You have %(number)s circles. Delete one to make another."),
            code="too_many",
            params={"number": MOST_CIRCLES},
        )
    return Circle.objects.create(owner=by, name=_free_name(name, by))


@transaction.atomic
def rename(circle: Circle, name: str) -> None:
    """Give a circle another name. Raises ``ValidationError`` for one that will not do."""
    hold(circle.owner)
    refuse_gone(circle)
    circle.name = _free_name(name, circle.owner, besides=circle.pk)
    circle.save(update_fields=["name"])


@transaction.atomic
def add_to_circle(circle: Circle, person: Member) -> None:
    """Put ``person`` into a circle: they see at once what it is shown.

    Raises ``ValidationError`` for the owner, and for somebody who is no friend of a juvenile: what a juvenile shows
    reaches friends at most. Raises ``Member.DoesNotExist`` across a block.
    """
    if person.pk == circle.owner_id:
        raise ValidationError(_("You see all of yours anyway. A circle is for others."), code="self")
    hold_pair(person.pk, circle.owner_id)
    refuse_gone(circle)
    if Block.objects.filter(between(person, circle.owner, "blocker", "blocked")).exists():
        raise Member.DoesNotExist
    if is_juvenile(circle.owner) and not Friendship.objects.filter(person=circle.owner, friend=person).exists():
        raise ValidationError(_("Under 18, a circle is for friends. Ask them to be one first."), code="juvenile")
    CircleMember.objects.get_or_create(circle=circle, person=person)


def refuse_gone(circle: Circle) -> None:
    """Raise ``ValidationError`` if the circle was deleted in the meantime."""
    if not Circle.objects.filter(pk=circle.pk).exists():
        raise ValidationError(_("That circle is gone."), code="gone")


@transaction.atomic
def remove_from_circle(circle: Circle, person: Member) -> None:
    """Take ``person`` out of a circle. They see nothing more of it from the next request on."""
    CircleMember.objects.filter(circle=circle, person=person).delete()


@transaction.atomic
def delete_circle(circle: Circle) -> list[str]:
    """Delete a circle. Fields that only it could see fall to only me; return their names."""
    hold(circle.owner)
    chosen = choices(circle.owner)
    orphaned = [name for name in shown_to(circle, chosen) if len(chosen[name].circles) == 1]
    for name in orphaned:
        set_audience(circle.owner, name, Audience.ONLY_ME, exceptions=excepted_from(circle.owner, name))
    circle.delete()
    return orphaned


def shown_to(circle: Circle, chosen: dict[str, Choice]) -> list[str]:
    """Return the names of the fields that ``circle`` is an audience of, in the order people meet them."""
    return [name for name in bearers() if any(other.pk == circle.pk for other in chosen[name].circles)]


def circles_of(member: Member) -> "QuerySet[Circle]":
    """Return the circles of ``member``, in the order they were made, their keys fetched at once."""
    return Circle.objects.filter(owner=member).order_by("created_at", "pk").with_keys()


def page_of_circles(member: Member, after: str = "") -> CirclePage:
    """Return a page of circles with the number of people their owner finds in each, from ``after`` on."""
    found = circles_of(member)
    number = number_written(after)
    last = found.filter(pk=number).first() if number is not None else None
    if last is not None:
        found = found.filter(Q(created_at__gt=last.created_at) | Q(created_at=last.created_at, pk__gt=last.pk))
    counted = Count("memberships", filter=Q(memberships__person__in=known_to(Viewer.of(member))))
    rows: list[Any] = list(found.annotate(size=counted)[: PAGE + 1])
    return CirclePage(rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else None)


def people_in(circle: Circle) -> "QuerySet[Member]":
    """Return who is in a circle and still here for its owner."""
    return known_to(Viewer(circle.owner_id)).filter(
        pk__in=CircleMember.objects.filter(circle=circle).values("person_id")
    )


def _free_name(name: str, owner: Member, besides: int | None = None) -> str:
    """Return a name as it is stored. Raises ``ValidationError`` if it is empty, too long, unreadable or taken."""
    name = clean_line(" ".join(name.split()), most=LONGEST_NAME)
    if not name:
        raise ValidationError(_("Give the circle a name, so that you recognise it."), code="required")
    others = (circle for circle in circles_of(owner) if circle.pk != besides)
    if any(str(circle.name).casefold() == name.casefold() for circle in others):
        raise ValidationError(_("You have a circle of that name already."), code="taken")
    return name
