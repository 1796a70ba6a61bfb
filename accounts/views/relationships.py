"""Friends, circles, blocks and mutes: lists, and one address per act.

Whoever the viewer may not know of is the same 404 everywhere, whatever the reason.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from privacy.audiences import choices
from privacy.fields import bearers
from privacy.models import Circle
from privacy.visibility import Viewer, known_to
from security.forms import status_of
from security.returning import wanted

from .. import blocking, circles as circling, friendship
from ..directory import Page
from ..forms.circles import AddPersonForm, CircleForm
from ..friendship import page_of
from ..models import Member
from .profile import find_member

ACT = require_http_methods(["GET", "HEAD", "POST"])


# --- friends ------------------------------------------------------------------------------------------------------
@require_safe
def friends(request: HttpRequest) -> HttpResponse:
    """Show who asks, who is a friend, and whom the member asked."""
    me = _me(request)
    return render(
        request,
        "accounts/friends.html",
        {
            "asking": _listed(request, friendship.asking(me), "asking"),
            "friends": _listed(request, friendship.friends_of(me), "after"),
            "asked": _listed(request, friendship.asked_by(me), "asked"),
        },
    )


@require_POST
def ask(request: HttpRequest, handle: str) -> HttpResponse:
    """Ask somebody to be friends."""
    person = _other(request, handle)
    try:
        friendship.ask_to_be_friends(person, by=_me(request))
    except Member.DoesNotExist:
        raise Http404 from None
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return _back(request, "accounts:friends")
    if friendship.relationship_between(_me(request).pk, person.pk).is_friend:
        return _back(request, "accounts:friends", _("You are friends now."))
    return _back(request, "accounts:friends", _("Asked. You can withdraw it as long as there is no answer."))


@require_POST
def withdraw(request: HttpRequest, handle: str) -> HttpResponse:
    """Take a request back."""
    friendship.withdraw_request(_other(request, handle), by=_me(request))
    return _back(request, "accounts:friends", _("Withdrawn."))


@require_POST
def accept(request: HttpRequest, handle: str) -> HttpResponse:
    """Become friends with somebody who asked."""
    if friendship.accept_request(_other(request, handle), by=_me(request)):
        return _back(request, "accounts:friends", _("You are friends now."))
    return _back(request, "accounts:friends", _("That request is not there any more."))


@require_POST
def decline(request: HttpRequest, handle: str) -> HttpResponse:
    """Put a request aside."""
    friendship.decline_request(_other(request, handle), by=_me(request))
    return _back(request, "accounts:friends", _("Declined. They are not told."))


@ACT
def end(request: HttpRequest, handle: str) -> HttpResponse:
    """Ask whether to end a friendship; end it."""
    person = _other(request, handle)
    if request.method == "POST":
        friendship.end_friendship(person, by=_me(request))
        return _back(request, "accounts:friends", _("You are no longer friends."))
    if not friendship.relationship_between(_me(request).pk, person.pk).is_friend:
        return redirect(person)
    return render(request, "accounts/friends.html", {"leaving": _one(request, person), "next": _next(request)})


# --- circles ------------------------------------------------------------------------------------------------------
@ACT
def circles(request: HttpRequest) -> HttpResponse:
    """Show the member's circles; make one."""
    me = _me(request)
    form = CircleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = circling.make_circle(form.cleaned_data["name"], by=me)
        except ValidationError as refusal:
            form.add_error("name", refusal)
        else:
            messages.success(request, _("Made. Nobody else learns that it exists."))
            return redirect("accounts:circle", made.pk)
    page = circling.page_of_circles(me, request.GET.get("after", ""))
    context = {"form": form, "circles": page.circles, **_pager(request, page)}
    return render(request, "accounts/circles.html", context, status=status_of(form))


@ACT
def circle(request: HttpRequest, circle_id: int) -> HttpResponse:
    """Show who is in a circle; rename it."""
    found = _circle(request, circle_id)
    form = CircleForm(request.POST if request.method == "POST" else None, initial={"name": _known_name(found)})
    if request.method == "POST" and form.is_valid():
        try:
            circling.rename(found, form.cleaned_data["name"])
        except ValidationError as refusal:
            form.add_error("name", refusal)
            found = _circle(request, circle_id)
        else:
            return _back(request, found, _("Renamed."))
    return _circle_page(request, found, form=form)


@require_POST
def circle_add(request: HttpRequest, circle_id: int) -> HttpResponse:
    """Put somebody into a circle."""
    found = _circle(request, circle_id)
    form = AddPersonForm(request.POST, owner=_me(request))
    if form.is_valid():
        try:
            circling.add_to_circle(found, form.cleaned_data["handle"])
        except Member.DoesNotExist:
            raise Http404 from None
        except ValidationError as refusal:
            form.add_error("handle", refusal)
        else:
            return _back(request, found, _("They are in the circle now, and not told of it."))
    return _circle_page(request, found, add_form=form)


@require_POST
def circle_remove(request: HttpRequest, circle_id: int, handle: str) -> HttpResponse:
    """Take somebody out of a circle."""
    found, person = _circle(request, circle_id), _other(request, handle)
    circling.remove_from_circle(found, person)
    messages.success(request, _("They are out of the circle, and not told of it."))
    undo = urlencode({"removed": person.handle})
    return redirect(wanted(request) or f"{reverse('accounts:circle', args=[found.pk])}?{undo}")


@require_POST
def circle_delete(request: HttpRequest, circle_id: int) -> HttpResponse:
    """Delete a circle; what only it could see is for the member alone from now on."""
    orphaned = circling.delete_circle(_circle(request, circle_id))
    said = _("The circle is gone.")
    if orphaned:
        labels = ", ".join(str(bearers()[name].declared.label) for name in orphaned)
        said = _("The circle is gone. Only you see now: %(fields)s.") % {"fields": labels}
    messages.success(request, said)
    return redirect("accounts:circles")


def _circle(request: HttpRequest, circle_id: int) -> Circle:
    return get_object_or_404(circling.circles_of(_me(request)), pk=circle_id)


def _known_name(found: Circle) -> str:
    return found.name if isinstance(found.name, str) else ""


def _circle_page(request: HttpRequest, found: Circle, **forms: Any) -> HttpResponse:
    me = _me(request)
    chosen = choices(me)
    shown = circling.shown_to(found, chosen)
    labels = {name: bearers()[name].declared.label for name in shown}
    removed = known_to(Viewer.of(me)).filter(handle=request.GET.get("removed", "")[:30])
    return render(
        request,
        "accounts/circle.html",
        {
            "circle": found,
            "form": CircleForm(initial={"name": _known_name(found)}),
            "add_form": AddPersonForm(owner=me),
            "people": _listed(request, circling.people_in(found), "after", reverse("accounts:circle", args=[found.pk])),
            "shown": list(labels.items()),
            "orphaned": [labels[name] for name in shown if len(chosen[name].circles) == 1],
            "removed": removed.exclude(pk__in=circling.people_in(found)).first(),
            **forms,
        },
        status=status_of(*forms.values()),
    )


# --- blocks and mutes ---------------------------------------------------------------------------------------------
@require_safe
def blocks(request: HttpRequest) -> HttpResponse:
    """Show whom the member blocked and muted. Who is blocked goes by handle alone."""
    me = _me(request)
    blocked = page_of(blocking.blocked_by(me), None, request.GET.get("after", ""))
    context = {
        "blocked": {"people": blocked.people, **_pager(request, blocked)},
        "muted": _listed(request, blocking.muted_by(me), "muted"),
    }
    return render(request, "accounts/blocks.html", context)


@ACT
def block(request: HttpRequest, handle: str) -> HttpResponse:
    """Ask whether to block somebody; block them."""
    if blocking.blocked_by(_me(request)).filter(handle=handle).exists():
        return redirect("accounts:blocks")
    person = _other(request, handle)
    if request.method != "POST":
        return render(request, "accounts/blocks.html", {"asked_for": _one(request, person)})
    blocking.block(person, by=_me(request))
    messages.success(request, _("Blocked. You are invisible to each other now."))
    return redirect("accounts:blocks")


@require_POST
def unblock(request: HttpRequest, handle: str) -> HttpResponse:
    """Lift a block."""
    person = blocking.blocked_by(_me(request)).filter(handle=handle).first() or _other(request, handle)
    blocking.unblock(person, by=_me(request))
    return _back(request, "accounts:blocks", _("The block is lifted. What it ended stays ended."))


@require_POST
def mute(request: HttpRequest, handle: str) -> HttpResponse:
    """Keep somebody out of the member's own feed and inbox."""
    blocking.mute(_other(request, handle), by=_me(request))
    return _back(request, "accounts:blocks", _("Muted. They are not told."))


@require_POST
def unmute(request: HttpRequest, handle: str) -> HttpResponse:
    """Lift a mute."""
    blocking.unmute(_other(request, handle), by=_me(request))
    return _back(request, "accounts:blocks", _("No longer muted."))


# --- common to all of them ----------------------------------------------------------------------------------------
def _me(request: HttpRequest) -> Member:
    assert isinstance(request.user, Member)
    return request.user


def _other(request: HttpRequest, handle: str) -> Member:
    """Return somebody else by handle, or answer 404 alike for all who are not to be had."""
    if handle == _me(request).handle:
        raise Http404
    return find_member(handle, Viewer.of(request.user))


def _one(request: HttpRequest, person: Member) -> Any:
    return page_of(Member.objects.filter(pk=person.pk), Viewer.of(request.user)).people[0]


def _listed(request: HttpRequest, found: Any, parameter: str, address: str = "") -> dict[str, Any]:
    """Return a page of people for a template, and the address of the next one."""
    page = page_of(found, Viewer.of(request.user), request.GET.get(parameter, ""))
    return {"people": page.people, **_pager(request, page, parameter, address)}


def _pager(
    request: HttpRequest, page: Page | circling.CirclePage, parameter: str = "after", address: str = ""
) -> dict[str, Any]:
    """Return where a list goes on and where it begins; ``address`` is the page of the list, where this one is not."""
    here = address or request.path
    following = f"{here}?{urlencode({parameter: page.after})}" if page.after else None
    return {"next_url": following, "first_url": here if parameter in request.GET else None}


def _next(request: HttpRequest) -> str:
    return request.POST.get("next") or request.GET.get("next", "")


def _back(request: HttpRequest, to: str | Circle, said: str = "") -> HttpResponse:
    if said:
        messages.success(request, said)
    if isinstance(to, Circle):
        to = reverse("accounts:circle", args=[to.pk])
    return redirect(wanted(request) or to)
