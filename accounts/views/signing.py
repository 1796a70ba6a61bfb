"""The pages of signing in and out."""

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from security.forms import status_of
from security.returning import first_page, wanted, with_next
from security.signing_in import begin
from security.waiting import ask_to_wait, in_words

from ..forms.signing import SignInForm
from ..sign_in import BACKEND


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let somebody in who knows e-mail and password, and take them where they wanted to go."""
    if request.user.is_authenticated:
        return redirect(first_page(request.user))
    where = wanted(request)
    form = SignInForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_valid():
        if begin(request, form.member, BACKEND):
            return redirect(where or first_page(request.user))
        return redirect(with_next(reverse("security:verify"), where))
    return _page(request, form, where)


def _page(request: HttpRequest, form: SignInForm, where: str) -> HttpResponse:
    context = {"form": form, "next": where, "wait": form.wait and in_words(form.wait)}
    page = render(request, "accounts/sign_in.html", context, status=status_of(form))
    return ask_to_wait(page, form.wait) if form.wait else page


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session. A link alone does not: somebody else could have put it anywhere."""
    if request.method == "POST":
        logout(request)
    if not request.user.is_authenticated:
        return redirect("accounts:home")
    return render(request, "accounts/sign_out.html")
