"""The back office: Django's admin behind the site's own sign-in page."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import Member
from catalogue.vocabulary import Audience
from privacy.models import FieldDefault, PolicyVersion
from security.signing_in import is_freshly_verified


@dataclass(frozen=True)
class Figure:
    """One number of the dashboard, and where it leads."""

    number: int | str
    label: str
    note: str
    icon: str
    url: str


class StaffSite(AdminSite):
    """Lets in active staff who have done their second step, and sends everybody else where they can."""

    site_header = gettext_lazy("Hedgerow staff")
    site_title = gettext_lazy("Hedgerow staff")
    index_title = gettext_lazy("Back office")
    empty_value_display = "–"

    def has_permission(self, request: HttpRequest) -> bool:
        return is_active_staff(request.user) and is_freshly_verified(request)

    @method_decorator([never_cache, login_not_required])
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Go where one shows who one is, and come back; refuse who is signed in and not staff.

        Redirecting the latter would loop: the sign-in page sends members straight back.
        """
        index = reverse("admin:index", current_app=self.name)
        if self.has_permission(request):
            return redirect(index)
        where = request.GET.get("next") or index
        if not request.user.is_authenticated:
            return redirect_to_login(where, resolve_url(settings.LOGIN_URL))
        if not is_active_staff(request.user):
            raise PermissionDenied
        return redirect_to_login(where, reverse("security:verify"))

    @method_decorator([never_cache, require_POST])
    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Sign out, to the page where everybody signs in."""
        logout(request)
        return redirect(settings.LOGIN_URL)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show what there is, in figures, to whoever may see what they count."""
        return super().index(request, {"figures": list(figures(request)), **(extra_context or {})})

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Lead to the page where everybody changes their password."""
        return redirect("accounts:password-change")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("accounts:password-change")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Take away the way from a number to anything that has an address: it would tell whose number it is.

        And let everybody out who wants to go, although their second step was too long ago for anything else.
        """
        nowhere = path("r/<path:content_type_id>/<path:object_id>/", self.admin_view(not_here), name="view_on_site")
        own = {"view_on_site": nowhere, "logout": path("logout/", self.logout, name="logout")}
        return [own.get(getattr(each, "name", ""), each) for each in super().get_urls()]


def is_active_staff(member: Any) -> bool:
    return bool(member.is_active and member.is_staff)


def not_here(request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponse:
    """Answer that there is nothing."""
    raise Http404


def figures(request: HttpRequest) -> Iterator[Figure]:
    """Yield the numbers of the dashboard that this member of staff may see."""
    may = request.user.has_perm
    if may("accounts.view_member"):
        yield from _people()
    if may("privacy.view_fielddefault"):
        yield _defaults()
    if may("privacy.view_policyversion"):
        yield from _policy()


def _people() -> Iterator[Figure]:
    page = reverse("admin:accounts_member_changelist")
    active, suspended = Member.objects.active().count(), Member.objects.confirmed().filter(is_active=False).count()
    yield Figure(
        active,
        ngettext("Active member", "Active members", active),
        _("Confirmed and not suspended"),
        "people",
        f"{page}?is_active__exact=1",
    )
    yield Figure(
        suspended,
        ngettext("Suspended member", "Suspended members", suspended),
        _("Invisible, and cannot sign in"),
        "block",
        f"{page}?is_active__exact=0",
    )


def _defaults() -> Figure:
    defaults = list(FieldDefault.objects.values_list("audience", flat=True))
    public = defaults.count(Audience.EVERYONE)
    return Figure(
        len(defaults),
        ngettext("Default audience", "Default audiences", len(defaults)),
        _("%(number)d of them open to everyone") % {"number": public},
        "eye",
        reverse("admin:privacy_fielddefault_changelist"),
    )


def _policy() -> Iterator[Figure]:
    version = PolicyVersion.objects.in_force().first()
    if version is not None:
        since = _("Since %(day)s") % {"day": date_format(version.effective_at)}
        page = reverse("admin:privacy_policyversion_changelist")
        yield Figure(version.number, _("Policy in force"), since, "proof", page)
