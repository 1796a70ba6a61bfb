"""The pages of joining: the form, what happens next, and the link that was mailed."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from privacy.models import PolicyVersion
from privacy.policy import policy_in_force
from security.allowances import Throttled
from security.discretion import even_time
from security.forms import status_of
from security.guarding import count_request_for_mail
from security.signing_in import complete
from security.waiting import ask_to_wait

from .. import registration
from ..forms.joining import ConfirmForm, JoinForm
from ..models import Member
from ..registration import HandleTaken
from ..sign_in import BACKEND, WrongPassword, confirm_address, waiting

# Says that somebody under the minimum age asked to join with this browser; when, and nothing else.
TOO_YOUNG_SALT = "accounts.joining.too-young"
TOO_YOUNG_DAYS = 180


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Ask for what joining needs; say why, and who will see it."""
    if request.user.is_authenticated:
        return redirect("accounts:home")
    if was_too_young(request):
        return _turn_away(request)
    try:
        version = policy_in_force()
    except PolicyVersion.DoesNotExist:
        return render(request, "accounts/join_closed.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
    form = JoinForm(request.POST if request.method == "POST" else None, version=version)
    valid = form.is_valid()
    if form.is_too_young:
        return _remember_too_young(_turn_away(request))
    if valid and _join(request, form):
        return redirect("accounts:join-sent")
    form.ask_for_password_again()
    return _page(request, form, version)


def _page(request: HttpRequest, form: JoinForm, version: PolicyVersion) -> HttpResponse:
    context = {"form": form, "version": version, "minimum_age": settings.MINIMUM_AGE, "adult_age": settings.ADULT_AGE}
    page = render(request, "accounts/join.html", context, status=status_of(form))
    return ask_to_wait(page, form.wait) if form.wait else page


def _join(request: HttpRequest, form: JoinForm) -> bool:
    application = form.application()
    try:
        has_room = count_request_for_mail(request, "join", application.email)
        with even_time():
            registration.join(application, may_mail=has_room)
    except Throttled as refused:
        form.say_wait(refused.wait)
        return False
    except HandleTaken:
        form.add_error("handle", Member._meta.get_field("handle").error_messages["unique"])
        return False
    return True


def was_too_young(request: HttpRequest) -> bool:
    """Say whether this browser has told a birth date under the minimum age, not so long ago."""
    seconds = TOO_YOUNG_DAYS * 24 * 60 * 60
    return request.get_signed_cookie(_cookie_name(), None, salt=TOO_YOUNG_SALT, max_age=seconds) is not None


def _turn_away(request: HttpRequest) -> HttpResponse:
    context = {"minimum_age": settings.MINIMUM_AGE, "months": TOO_YOUNG_DAYS // 30}
    return render(request, "accounts/join_too_young.html", context, status=HTTPStatus.FORBIDDEN)


def _remember_too_young(response: HttpResponse) -> HttpResponse:
    response.set_signed_cookie(
        _cookie_name(),
        "1",
        salt=TOO_YOUNG_SALT,
        max_age=TOO_YOUNG_DAYS * 24 * 60 * 60,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _cookie_name() -> str:
    return "__Host-not-yet" if settings.SECURE else "not-yet"


@login_not_required
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say that a mail is on its way, whatever it says."""
    return render(request, "accounts/join_sent.html")


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm the address, or erase what somebody else began with it.

    Only a press of a button does: programs that scan mail open every link in it.
    """
    member = waiting(token)
    if member is None:
        return _page_of_link(request, None, None)
    if "not-me" in request.POST:
        return _refuse(request, token)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            confirmed = confirm_address(token, form.cleaned_data["password"])
        except WrongPassword:
            form.say_it_is_wrong()
        else:
            return _begin(request, confirmed)
    return _page_of_link(request, member, form)


def _begin(request: HttpRequest, member: Member | None) -> HttpResponse:
    if member is None:
        return _page_of_link(request, None, None)
    complete(request, member, BACKEND)
    return redirect("privacy:check-up")


def _refuse(request: HttpRequest, token: str) -> HttpResponse:
    if not registration.refuse(token):
        return _page_of_link(request, None, None)
    messages.success(request, _("The account that somebody began with your address is erased."))
    return keep_address_quiet(redirect("accounts:home"))


def _page_of_link(request: HttpRequest, member: Member | None, form: ConfirmForm | None) -> HttpResponse:
    status = HTTPStatus.OK if form else HTTPStatus.GONE
    if form and form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"handle": member and member.handle, "form": form}
    return keep_address_quiet(render(request, "accounts/join_confirm.html", context, status=status))


def keep_address_quiet(page: HttpResponse) -> HttpResponse:
    """Have the browser tell nobody the address of this page, since it holds a token."""
    page["Referrer-Policy"] = "no-referrer"
    return page
