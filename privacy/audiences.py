"""Choose who sees a field, and say in words who does."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _, ngettext

from catalogue.vocabulary import Audience
from encryption.blind_index import normalise
from encryption.overwriting import empty_write_ahead_log

from .changes import record
from .fields import OPEN_NAME, bearers, profile_model
from .juveniles import is_juvenile
from .models import Change, Circle, FieldCircle, FieldException

CONTACT_FIELDS = ("email", "phone", "postal_address")


@dataclass(frozen=True)
class CircleName:
    """A circle as pages need it."""

    pk: int
    name: Any


@dataclass(frozen=True)
class Choice:
    """Who may see one field: an audience, the circles it names, and whom it excepts, by handle.

    Plain values: it goes to templates, which could follow a row to anything about anybody.
    """

    audience: Audience
    circles: tuple[CircleName, ...] = ()
    exceptions: tuple[str, ...] = ()

    @property
    def in_words(self) -> SafeString:
        """Return the choice as its owner reads it: *Family, Allotment*; *Friends, except @moss*."""
        # Each name on its own: one that runs from right to left must not turn what stands beside it.
        circles = format_html_join(", ", "<bdi>{}</bdi>", ((circle.name,) for circle in self.circles))
        words = circles or self.audience.label
        if not self.exceptions:
            return format_html("{}", words)
        people = ", ".join(f"@{handle}" for handle in self.exceptions)
        return format_html(_("{audience}, except {people}"), audience=words, people=people)

    @property
    def in_numbers(self) -> str:
        """Return the choice without a name in it: *2 circles*; *Friends, except 1 person*."""
        circles, people = len(self.circles), len(self.exceptions)
        words = ngettext("%(number)d circle", "%(number)d circles", circles) % {"number": circles}
        if not circles:
            words = str(self.audience.label)
        if not people:
            return words
        excepted = ngettext("%(number)d person", "%(number)d people", people) % {"number": people}
        return _("%(audience)s, except %(people)s") % {"audience": words, "people": excepted}


@transaction.atomic
def set_audience(
    member: Any, field: str, audience: Audience, *, circles: Iterable[Circle] = (), exceptions: Iterable[Any] = ()
) -> None:
    """Store who may see ``field`` of ``member`` from now on.

    Raises ``ValidationError`` where the choice is not to be had: a juvenile's above friends, a circle of
    somebody else, circles without any, oneself excepted.
    """
    hold(member)
    chosen, excepted = _still_there(circles), list(exceptions)
    refuse_impossible(member, audience, chosen, excepted)
    _store_level(member, field, audience)
    FieldCircle.objects.filter(owner=member, field=field).delete()
    FieldCircle.objects.bulk_create(FieldCircle(owner=member, field=field, circle=circle) for circle in chosen)
    FieldException.objects.filter(owner=member, field=field).delete()
    FieldException.objects.bulk_create(FieldException(owner=member, field=field, person=person) for person in excepted)
    record(member, [field], kind=Change.Kind.AUDIENCE)


def hold(member: Any) -> None:
    """Make whoever else changes the circles or audiences of ``member`` wait until this transaction ends."""
    held: Any = get_user_model()._default_manager.filter(pk=member.pk).select_for_update()
    list(held.values_list("pk", flat=True))


def _still_there(circles: Iterable[Circle]) -> list[Circle]:
    """Return the circles as they are now, held until the choice is stored: somebody may delete one meanwhile."""
    held = Circle.objects.select_for_update().filter(pk__in=[circle.pk for circle in circles])
    return list(held.order_by("pk"))


def refuse_impossible(member: Any, audience: Audience, circles: list[Circle], exceptions: list[Any]) -> None:
    """Raise ``ValidationError`` for a choice that ``member`` cannot make."""
    if audience is Audience.CIRCLES and not circles:
        raise ValidationError(_("Tick at least one circle, or choose another audience."), code="no_circle")
    if circles and audience is not Audience.CIRCLES:
        raise ValidationError(_("Circles go with the choice of circles only."), code="needless_circles")
    if any(circle.owner_id != member.pk for circle in circles):
        raise ValidationError(_("That circle is not one of yours."), code="foreign_circle")
    if any(person.pk == member.pk for person in exceptions):
        raise ValidationError(_("You cannot except yourself."), code="self_excepted")
    if audience < Audience.FRIENDS and is_juvenile(member):
        raise ValidationError(_("Under 18 it is friends at most, for everything."), code="juvenile")


def _store_level(member: Any, field: str, audience: Audience) -> None:
    """Write the level, and with a display name its copy in the open, which search needs.

    The row is held: whoever writes a value meanwhile would index it for the level that was.
    """
    profile = profile_model()._default_manager.select_for_update().get(pk=member.pk)
    setattr(profile, bearers()[field].audience, audience)
    written = [bearers()[field].audience]
    if field == "display_name":
        publish_name(profile)
        written += OPEN_NAME
    profile.save(update_fields=written)


def publish_name(profile: Any) -> None:
    """Keep the display name in the open only while everyone or all members may see it.

    Databases differ in how they fold letters, so that search compares a copy that is folded here.
    """
    is_open = profile.display_name_audience <= Audience.MEMBERS
    name = profile.display_name if is_open else ""
    before, profile.public_name = profile.public_name, name if isinstance(name, str) else ""
    if before and before != profile.public_name:
        # A withdrawn name must not lie on in SQLite's log.
        transaction.on_commit(partial(empty_write_ahead_log, "default"))
    profile.name_for_search = normalise(profile.public_name)


def choices(member: Any) -> dict[str, Choice]:
    """Return the stored choice for every field of ``member``, in a constant number of queries."""
    profile = profile_model()._default_manager.get(pk=member.pk)
    circles, exceptions = _chosen_circles(member), _excepted(member)
    return {
        name: Choice(
            Audience(getattr(profile, bearer.audience)), tuple(circles.get(name, ())), tuple(exceptions.get(name, ()))
        )
        for name, bearer in bearers().items()
    }


def excepted_from(member: Any, field: str) -> list[Any]:
    """Return the people whom ``member`` excepts from a field."""
    rows = FieldException.objects.filter(owner=member, field=field).select_related("person").order_by("pk")
    return [row.person for row in rows]


def _chosen_circles(member: Any) -> dict[str, list[CircleName]]:
    found: dict[str, list[CircleName]] = {}
    for row in FieldCircle.objects.filter(owner=member).select_related("circle").order_by("pk"):
        found.setdefault(row.field, []).append(CircleName(row.circle_id, row.circle.name))
    return found


def _excepted(member: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    excepted = FieldException.objects.filter(owner=member).order_by("pk")
    for field, handle in excepted.values_list("field", "person__handle"):
        found.setdefault(field, []).append(handle)
    return found
