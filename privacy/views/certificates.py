"""Certificates of erasure, for anybody who was shown one."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from encryption.signing import public_key_file
from privacy.erasure import certificate
from privacy.forms import CertificateForm
from security.forms import status_of


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Say whether a certificate of erasure is ours, and what it says. Nothing of it is kept."""
    form = CertificateForm(request.POST if request.method == "POST" else None)
    said = form.cleaned_data["certificate"] if form.is_valid() else None
    context = {"form": form, "said": said, "key": public_key_file(certificate.PURPOSE)}
    return render(request, "privacy/verify_certificate.html", context, status=status_of(form))


@login_not_required
@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """Return the public key that certificates of erasure are signed with."""
    return HttpResponse(public_key_file(certificate.PURPOSE), content_type="application/x-pem-file")
