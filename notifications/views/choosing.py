"""What a member wants to hear about: the page of all topics, and the link in a mail that declines one."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from ..channels.kinds import NOWHERE
from ..forms import ChoicesForm
from ..preferences import choices_of, choose, is_kept_from_marketing
from ..privacy_control import is_asked_for
from ..suppression import lift, mailbox_of
from ..topics import MARKETING, Topic
from ..unsubscribing import decline, has_declined, read

# What a press says (RFC 8058, 3.1).
FIELD, PRESSED = "List-Unsubscribe", "One-Click"


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Show what a member hears about, and let them choose."""
    chosen, is_barred = choices_of(request.user), is_asked_for(request)
    is_young = is_kept_from_marketing(request.user)
    typed = request.POST if request.method == "POST" else None
    form = ChoicesForm(typed, chosen=chosen, is_barred=is_barred or is_young)
    if form.is_valid():
        wanted = dict.fromkeys(Topic, NOWHERE) if "none" in request.POST else form.choices()
        _tell(request, is_certain=choose(request.user, wanted), is_all_off=not any(wanted.values()))
        return redirect("notifications:settings")
    context = {
        "form": form,
        "is_barred": is_barred and not is_young,
        "is_young": is_young,
        "is_on_all_the_same": is_barred and any(chosen[topic] for topic in MARKETING),
        "mailbox": mailbox_of(request.user),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "notifications/settings.html", context, status=status)


@require_POST
def write_again(request: HttpRequest) -> HttpResponse:
    """Have one's own address written to again, and news too if it was taken for spam there."""
    address = request.user.email  # type: ignore[union-attr]
    if isinstance(address, str):  # one that cannot be opened is written to in no case
        lift(address)
    messages.success(request, _("We write to your address again from now on."))
    return redirect("notifications:settings")


def _tell(request: HttpRequest, *, is_certain: bool, is_all_off: bool) -> None:
    if is_certain and is_all_off:
        messages.success(
            request, _("All of these are off. It counts from now on, also for what is being sent already.")
        )
    elif is_certain:
        messages.success(request, _("Saved. It counts from now on, also for what is being sent already."))
    else:
        messages.warning(request, _("Saved. One mail was on its way already and may still arrive."))


@csrf_exempt  # mail programs press the button for their reader; the address itself is the proof
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Decline a topic by the link of a mail (RFC 8058): a look at the page changes nothing, a press does.

    Answers 404 to a link that is none, 422 to a form that does not say what a press says.
    """
    found = read(token)
    if found is None:
        raise Http404
    member_id, topic = found
    is_pressed = request.POST.get(FIELD) == PRESSED
    context = {
        "topic": topic.label,
        "is_certain": decline(member_id, topic) if is_pressed else True,
        "is_declined": is_pressed or has_declined(member_id, topic),
    }
    is_lacking = request.method == "POST" and not is_pressed
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_lacking else HTTPStatus.OK
    page = render(request, "notifications/unsubscribe.html", context, status=status)
    page["Referrer-Policy"] = "no-referrer"  # the address holds a token
    return page
