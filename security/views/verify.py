"""The second step of signing in, and the same once more for who is signed in."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from .. import recovery
from ..allowances import Throttled
from ..forms import status_of
from ..forms.steps import CodeForm, RecoveryForm
from ..models import AuthenticatorApp, Passkey
from ..returning import first_page, wanted, with_next
from ..signing_in import complete_half, half_signed_in, is_freshly_verified, verify
from ..steps import has_second_step
from ..waiting import ask_to_wait, too_often
from ..waiting_forms import waiting_forms


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask for the second step: six digits, a passkey, or a recovery code, whatever there is."""
    member, where = _who(request), wanted(request)
    if member is None:
        return redirect(with_next(resolve_url(settings.LOGIN_URL), where))
    if request.user.is_authenticated and _is_not_due(request):
        return redirect(where or first_page(member))
    form, device, wait = _answer(request, member)
    if device is not None:
        _let_in(request, device)
        return redirect(where or first_page(member))
    page = render(request, "security/verify.html", _context(request, member, form), status=status_of(form))
    return ask_to_wait(page, wait) if wait else page


def _who(request: HttpRequest) -> Any:
    """Return who is signed in here, or half; None if nobody is."""
    return request.user if request.user.is_authenticated else half_signed_in(request)


def _is_not_due(request: HttpRequest) -> bool:
    return is_freshly_verified(request) or not has_second_step(request.user)


def _answer(request: HttpRequest, member: Any) -> tuple[Any, Any, timedelta | None]:
    """Return the form that was sent, the device that did the second step, and after how long to try again."""
    if request.method != "POST":
        return None, None, None
    form: Any = _form_sent(request, member)
    if not form.is_valid():
        return form, None, None
    try:
        device = form.tried(request, member)
    except Throttled as error:
        form.add_error(form.CODE, too_often(error.wait))
        return form, None, error.wait
    if device is None:
        form.add_error(form.CODE, form.WRONG)
    return form, device, None


def _form_sent(request: HttpRequest, member: Any) -> CodeForm | RecoveryForm:
    if RecoveryForm.CODE in request.POST:
        return RecoveryForm(request.POST)
    return CodeForm(request.POST, codes_left=recovery.codes_left(member))


def _let_in(request: HttpRequest, device: Any) -> None:
    if request.user.is_authenticated:
        verify(request, device)
    else:
        complete_half(request, device)


def _context(request: HttpRequest, member: Any, form: Any) -> dict[str, Any]:
    """Return what the page shows: a form for each way that this member has."""
    sent = type(form)
    return {
        "form": form,
        "next": wanted(request),
        "waits": waiting_forms(request) if request.user.is_authenticated else [],
        "app": AuthenticatorApp.objects.filter(user=member, confirmed=True).exists(),
        "passkey": Passkey.objects.filter(user=member, confirmed=True).exists(),
        "codes_left": recovery.codes_left(member),
        "code_form": form if sent is CodeForm else CodeForm(),
        "recovery_form": form if sent is RecoveryForm else RecoveryForm(),
        "is_recovering": sent is RecoveryForm or getattr(form, "is_recovery_code", False),
    }
