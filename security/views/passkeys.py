"""What a browser asks for and hands over when a passkey is added or used: JSON in, JSON out."""

import json
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django_otp_webauthn.exceptions import MalformedRequest, OTPWebAuthnApiError
from django_otp_webauthn.views import (
    BeginCredentialAuthenticationView,
    BeginCredentialRegistrationView,
    CompleteCredentialAuthenticationView,
    CompleteCredentialRegistrationView,
)

from .. import recovery
from ..forms.steps import NameForm
from ..freshness import is_verified
from ..passkeys import NotAdded, Refused, TooLongAgo, add_passkey, count_asking, refusing, used_passkey
from ..returning import first_page, wanted
from ..signing_in import complete, complete_half, half_signed_in, is_fresh, renew, verify, verify_with_new

LONGEST_BODY = 64 * 1024
REGISTERING = "passkey-being-added"
SIGNING_IN = "passkey-being-used"
RENEWING = "passkey-showing-once-more"


class Spoken:
    """Reads JSON and answers in JSON, errors too; an answer holds nothing of what was sent."""

    request: Any

    def _parse_request_data(self, request: HttpRequest) -> dict[str, Any]:
        if request.content_type != "application/json":
            raise MalformedRequest
        try:
            body = request.body
            data = json.loads(body or b"{}") if len(body) <= LONGEST_BODY else None
        except (RequestDataTooBig, ValueError, RecursionError):
            raise MalformedRequest from None
        if not isinstance(data, dict):
            raise MalformedRequest
        return data

    def handle_exception(self, error: Exception) -> JsonResponse:
        """Answer with what can be said; anything else is an error of ours."""
        if not isinstance(error, OTPWebAuthnApiError):
            raise error
        return JsonResponse({"code": error.code, "detail": str(error)}, status=error.status_code)

    def keep(self, key: str, state: dict[str, Any], member: Any) -> None:
        """Remember the challenge, and for whom it is: it is good for nobody else."""
        self.request.session[key] = {**state, "member": str(member.pk) if member else ""}

    def take(self, key: str, member: Any) -> dict[str, Any]:
        """Return what was remembered, once. Raises ``NothingBegun``."""
        state = self.request.session.pop(key, None)
        self.request.session.save()
        if not state or state["member"] != (str(member.pk) if member else ""):
            raise NothingBegun
        return dict(state)


class NothingBegun(OTPWebAuthnApiError):  # type: ignore[misc]  # the package has no types
    status_code = HTTPStatus.CONFLICT
    default_code = "not_begun"
    default_detail = _("That took too long, or was sent twice. Try once more.")


# --- adding one ---------------------------------------------------------------------------------------------------
class Adding(Spoken):
    """Only somebody who has just shown who they are, with their second step if they have one, may add another."""

    def check_can_register(self) -> None:
        if not (is_fresh(self.request) and is_verified(self.request)):
            raise TooLongAgo


@method_decorator(require_POST, name="dispatch")
class BeginAdding(Adding, BeginCredentialRegistrationView):  # type: ignore[misc]  # the package has no types
    """Hand out what a browser needs to make a passkey."""

    def post(self, request: HttpRequest) -> JsonResponse:
        with refusing(NotAdded):
            options, state = self.get_helper().register_begin(user=request.user)
        self.keep(REGISTERING, state, request.user)
        return JsonResponse(options)


@method_decorator(require_POST, name="dispatch")
class Add(Adding, CompleteCredentialRegistrationView):  # type: ignore[misc]  # the package has no types
    """Take in a passkey that a browser has made."""

    def post(self, request: Any) -> JsonResponse:
        state = self.take(REGISTERING, request.user)
        form = NameForm({"name": request.data.get("name")})
        if not form.is_valid():
            raise NotAdded(detail=form.errors["name"][0], code="name")
        passkey = add_passkey(request, request.user, state=state, data=request.data, name=form.cleaned_data["name"])
        verify_with_new(request, passkey)
        where = wanted(request) or reverse("security:settings")
        return JsonResponse({"go": where, "codes": not recovery.has_codes(request.user)})


# --- using one ----------------------------------------------------------------------------------------------------
class Using(Spoken):
    """Whoever is here: nobody yet, somebody half signed in, or somebody who does the second step once more."""

    def get_user(self) -> Any:
        if self.request.user.is_authenticated:
            return self.request.user
        return half_signed_in(self.request)

    def check_can_authenticate(self) -> None:
        count_asking(self.request)


@method_decorator([login_not_required, require_POST], name="dispatch")
class BeginUsing(Using, BeginCredentialAuthenticationView):  # type: ignore[misc]  # the package has no types
    """Hand out what a browser needs to use a passkey. Where nobody is known, the device has to know its owner."""

    def post(self, request: HttpRequest) -> JsonResponse:
        member = self.get_user()
        with refusing(Refused):
            options, state = self.get_helper().authenticate_begin(user=member, require_user_verification=member is None)
        self.keep(SIGNING_IN, state, member)
        return JsonResponse(options)


@method_decorator([login_not_required, require_POST], name="dispatch")
class Use(Using, CompleteCredentialAuthenticationView):  # type: ignore[misc]  # the package has no types
    """Sign in with a passkey, or do the second step with it."""

    def post(self, request: Any) -> JsonResponse:
        member = self.get_user()
        state = self.take(SIGNING_IN, member)
        passkey = used_passkey(request, member, state=state, data=request.data)
        if request.user.is_authenticated:
            verify(request, passkey)
        elif member is not None:
            complete_half(request, passkey)
        else:
            complete(request, passkey.user, settings.AUTHENTICATION_BACKENDS[0], passkey)
        return JsonResponse({"go": wanted(request) or first_page(passkey.user)})


# --- showing once more who one is ---------------------------------------------------------------------------------
@method_decorator(require_POST, name="dispatch")
class BeginRenewing(Using, BeginCredentialAuthenticationView):  # type: ignore[misc]  # the package has no types
    """Hand out what a browser needs to stand in for the password: the device has to know its owner."""

    def post(self, request: HttpRequest) -> JsonResponse:
        with refusing(Refused):
            options, state = self.get_helper().authenticate_begin(user=request.user, require_user_verification=True)
        self.keep(RENEWING, state, request.user)
        return JsonResponse(options)


@method_decorator(require_POST, name="dispatch")
class Renew(Using, CompleteCredentialAuthenticationView):  # type: ignore[misc]  # the package has no types
    """Take a passkey for password and second step in one, in a session that is there already."""

    def post(self, request: Any) -> JsonResponse:
        state = self.take(RENEWING, request.user)
        passkey = used_passkey(request, request.user, state=state, data=request.data)
        renew(request)
        verify(request, passkey)
        return JsonResponse({"go": wanted(request) or first_page(request.user)})
