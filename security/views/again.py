"""The page on which somebody who is signed in shows once more that it is them."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ..forms import status_of
from ..forms.again import AgainForm
from ..interrupting import forget
from ..models import Passkey
from ..returning import wanted
from ..signing_in import is_fresh, renew
from ..waiting import ask_to_wait
from ..waiting_forms import waiting_forms


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """Ask for the password once more before something that matters, then go on with it."""
    where = wanted(request) or resolve_url(settings.LOGIN_REDIRECT_URL)
    if request.method != "POST" and is_fresh(request):
        return redirect(where)
    form = AgainForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_valid():
        renew(request)
        return redirect(where)
    context = {
        "form": form,
        "next": where,
        "waits": waiting_forms(request),
        "minutes": settings.FRESH_FOR // 60,
        "has_passkey": Passkey.objects.filter(user=request.user.pk, confirmed=True).exists(),
        "has_password": getattr(request.user, "has_usable_password", bool)(),
    }
    page = render(request, "security/again.html", context, status=status_of(form))
    return ask_to_wait(page, form.wait) if form.wait else page


@require_POST
def drop(request: HttpRequest) -> HttpResponse:
    """Throw away what waits in this session. It takes no fresh sign-in: nothing is done by it."""
    forget(request)
    messages.success(request, _("Thrown away. Nothing of it was saved."))
    return redirect(settings.LOGIN_REDIRECT_URL)
