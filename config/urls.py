"""Every address of the site, by who serves it."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path

from config import mail_page, site
from notifications.provider import CarefulReports


def reports_of(provider: str) -> Callable[..., HttpResponseBase]:
    """Return the view to which the provider of mail reports what became of it."""
    views = import_module(f"anymail.webhooks.{provider}")
    [view] = [each for name, each in vars(views).items() if name.lower() == f"{provider}trackingwebhookview"]
    careful: Any = type(view.__name__, (CarefulReports, view), {})
    as_view: Callable[..., HttpResponseBase] = careful.as_view()
    return as_view


handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", site.healthz, name="healthz"),
    path("readyz", site.readyz, name="readyz"),
    path("robots.txt", site.robots, name="robots"),
    path(".well-known/security.txt", site.security_txt, name="security-txt"),
    path(".well-known/gpc.json", site.gpc_json, name="gpc-json"),
    path(".well-known/change-password", site.change_password, name="well-known-change-password"),
    path("admin/", admin.site.urls),
    path("", include("privacy.urls")),
    path("", include("security.urls")),
    path("", include("notifications.urls")),
    path("", include("accounts.urls")),
]
if settings.MAIL_PROVIDER:
    urlpatterns += [path("webhooks/mail/", reports_of(settings.MAIL_PROVIDER), name="mail-webhook")]
if settings.MAIL_PAGE:
    urlpatterns += [
        path("dev/mail/", mail_page.mails, name="dev-mails"),
        path("dev/mail/<str:name>/<int:position>/", mail_page.mail, name="dev-mail"),
        path("dev/mail/<str:name>/<int:position>/html/", mail_page.mail_html, name="dev-mail-html"),
    ]
