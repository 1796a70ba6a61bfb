"""The page of a person."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from privacy import checkup
from privacy.audiences import choices
from privacy.fields import bearers, profile_fields
from privacy.models import Circle
from privacy.presenting import address_of, presented
from privacy.viewing_as import stand_in, who_sees as which_see
from privacy.visibility import Ties, Viewer, known_to, visible_profiles

from ..directory import Person
from ..friendship import relationship_between
from ..models import Friendship, Member

IN_THE_HEAD = {"display_name", "picture", "bio", "pronouns"}
MOST_NAMED = 200


@login_not_required
@require_safe
def profile(request: HttpRequest, handle: str) -> HttpResponse:
    """Show a person as the viewer may see them."""
    viewer = Viewer.of(request.user)
    member = find_member(handle, viewer)
    owns = member.pk == viewer.member_id
    word = request.GET.get("as")
    if word is not None and not owns:
        raise Http404
    if word is not None and not _is_nobodys(word):
        return _as_somebody(request, member, word)
    seen = visible_profiles([member.pk], viewer)[member.pk]
    context = _page(member, seen) | {"owns": owns}
    if owns:
        context |= _owners_extras(member)
    elif viewer.member_id is not None:
        context["relationship"] = relationship_between(viewer.member_id, member.pk)
    if word is not None:
        context["view_as_error"] = _("Type the handle of somebody, or choose one of those above.")
    status = HTTPStatus.OK if word is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "accounts/profile.html", context, status=status)


def _is_nobodys(word: str) -> bool:
    """Say whether nothing was typed where a handle goes."""
    return not word.strip().removeprefix("@")


def find_member(handle: str, viewer: Viewer) -> Member:
    """Return the active member called ``handle``; absent, suspended and blocked are the same 404."""
    found: Member | None = known_to(viewer).filter(handle=handle).first()
    if found is None:
        raise Http404
    return found


def _page(member: Member, seen: dict[str, Any], chosen: dict[str, Any] | None = None) -> dict[str, Any]:
    facts = [
        {
            "name": name,
            "label": bearers()[name].declared.label,
            "value": presented(name, seen[name]),
            "address": address_of(name, seen[name]),
            "choice": chosen[name] if chosen else None,
        }
        for name in profile_fields()
        if name in seen and name not in IN_THE_HEAD
    ]
    return {"handle": member.handle, "seen": seen, "facts": facts}


def _owners_extras(member: Member) -> dict[str, Any]:
    seen, chosen = visible_profiles([member.pk], Viewer.of(member))[member.pk], choices(member)
    empty = [bearers()[name].declared.label for name in profile_fields() if name not in seen]
    head = [(name, bearers()[name].declared.label, chosen[name]) for name in sorted(IN_THE_HEAD) if name in seen]
    return _page(member, seen, chosen) | {
        "head_choices": head,
        "empty_fields": empty,
        "circles": _circles(member),
        "check_up_done": len(checkup.steps()) - len(checkup.open_steps(member)),
        "check_up_total": len(checkup.steps()),
    }


def _circles(member: Member, current: str = "") -> list[dict[str, Any]]:
    circles = Circle.objects.filter(owner=member).order_by("created_at", "pk").with_keys()
    return [
        {"pk": circle.pk, "name": circle.name, "is_current": current == f"circle:{circle.pk}"} for circle in circles
    ]


def _as_somebody(request: HttpRequest, member: Member, word: str) -> HttpResponse:
    """Draw the page through other eyes: the same rule, the same template, nothing to press."""
    try:
        looker, name, finds = _looker(member, word)
    except Member.DoesNotExist:
        nobody = {"handle": member.handle, "viewing_as": word, "circles": _circles(member), "is_nobody": True}
        return render(request, "accounts/profile_as.html", nobody, status=404)
    seen = visible_profiles([member.pk], looker)[member.pk] if finds else {}
    context = _page(member, seen) | {
        "viewing_as": word,
        "viewing_as_name": name,
        "finds": finds,
        "circles": _circles(member, word),
    }
    return render(request, "accounts/profile_as.html", context)


def _looker(member: Member, word: str) -> tuple[Viewer | Ties, str, bool]:
    """Return through whose eyes to look, what to call them, and whether they find the profile at all.

    Raises ``Member.DoesNotExist`` for whoever is not here for the member: absent, suspended, or blocking them.
    """
    ties = stand_in(member, word)
    if ties is not None:
        return ties, word, True
    person = Member.objects.active().filter(handle=word.strip().removeprefix("@").lower()).first()
    if person is None:
        raise Member.DoesNotExist
    # Asked first: whether somebody whom the member blocked has blocked them back is for nobody to learn.
    if member.blocks.filter(blocked=person).exists():
        return Ties(), f"@{person.handle}", False
    if person.blocks.filter(blocked=member).exists():
        raise Member.DoesNotExist
    return Viewer(person.pk), f"@{person.handle}", True


@require_safe
def who_sees(request: HttpRequest, handle: str, field: str) -> HttpResponse:
    """Name who among friends and circles sees one field of mine, asked of the rule itself."""
    viewer = Viewer.of(request.user)
    if handle != request.user.get_username() or field not in bearers():
        raise Http404
    candidates = _acquaintances(request.user)
    seeing = which_see(request.user, field, candidates)
    names = visible_profiles(candidates, viewer, ["display_name", "picture"])
    handles = dict(Member.objects.filter(pk__in=candidates).values_list("pk", "handle"))
    people = [Person(pk, handles[pk], names.get(pk, {})) for pk in sorted(candidates, key=handles.__getitem__)]
    context = {
        "field": field,
        "label": bearers()[field].declared.label,
        "choice": choices(request.user)[field],
        "seeing": [person for person in people if person.member_id in seeing],
        "not_seeing": [person for person in people if person.member_id not in seeing],
    }
    return render(request, "accounts/who_sees.html", context)


def _acquaintances(member: Any) -> list[int]:
    """Return the first friends and people in circles, by handle, whom a list can name."""
    friends = Friendship.objects.filter(person=member).values("friend_id")
    grouped = Circle.objects.filter(owner=member).values("memberships__person_id")
    known = known_to(Viewer.of(member)).filter(Q(pk__in=friends) | Q(pk__in=grouped))
    return list(known.order_by("handle").values_list("pk", flat=True)[:MOST_NAMED])
