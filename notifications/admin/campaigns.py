"""Campaigns for staff: written, approved by somebody else, watched, paused and stopped."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_safe

from backoffice.acts import ActingAdmin, Button
from backoffice.approval import NotNow
from backoffice.plots import Piece, pieces

from .. import campaigns
from ..audiences import UnknownAudience, audience_of
from ..campaigns import fingerprint
from ..clocks import ZoneOf
from ..gathering import time_left, totals_of
from ..letters import HTML, ON_SITE, texts
from ..models import UNSTARTED, Campaign, Stage, State
from ..notices import LETTER, UnknownNotice, notice_of
from ..packing import unpack
from ..unsubscribing import link_for
from .writing import CampaignForm

# What stands beside the words, whoever looks.
FACTS = ("stage", "written_by", "approved_by", "begun_at", "ended_at")


def _approve(campaign: Campaign, request: HttpRequest) -> None:
    campaigns.approve(campaign, request.POST.get("seen", ""), by=request.user)


GOING = (*campaigns.GOING, Stage.PAUSED)
BUTTONS = {
    button.name: button
    for button in (
        Button(
            "try-out",
            gettext_lazy("Send it to me on trial"),
            UNSTARTED,
            lambda campaign, request: campaigns.try_out(campaign, by=request.user),
            gettext_lazy("It is on its way to your own address."),
        ),
        Button(
            "finish",
            gettext_lazy("It is written"),
            (Stage.DRAFT,),
            lambda campaign, _request: campaigns.finish_writing(campaign),
            gettext_lazy("Good. Where somebody else has to approve it, it waits for them now."),
        ),
        Button(
            "approve",
            gettext_lazy("Approve and send at its time"),
            (Stage.ASKED,),
            _approve,
            gettext_lazy("Approved. It begins at its time."),
        ),
        Button(
            "take-back",
            gettext_lazy("Back to writing"),
            (Stage.ASKED, Stage.PLANNED),
            lambda campaign, _request: campaigns.take_back(campaign),
            gettext_lazy("It can be written again."),
        ),
        Button(
            "pause",
            gettext_lazy("Pause"),
            campaigns.GOING,
            lambda campaign, _request: campaigns.pause(campaign),
            gettext_lazy("Paused. What is on its way still arrives."),
        ),
        Button(
            "resume",
            gettext_lazy("Go on"),
            (Stage.PAUSED,),
            lambda campaign, _request: campaigns.resume(campaign),
            gettext_lazy("It goes on."),
        ),
        Button(
            "stop",
            gettext_lazy("Stop for good"),
            GOING,
            lambda campaign, _request: campaigns.stop(campaign),
            gettext_lazy("Stopped. What has not left never will."),
            is_dangerous=True,
        ),
    )
}


def bars(totals: Mapping[str, int]) -> Iterator[Piece]:
    """Yield the pieces of the bar of a campaign, in the order of the states."""
    return pieces((state, state.value, totals[state]) for state in State)


@admin.register(Campaign)
class CampaignAdmin(ActingAdmin):
    """One notice to many."""

    form = CampaignForm
    buttons = BUTTONS
    list_display = ("__str__", "heading", "kind", "stage", "recipients", "starts_at", "ended_at")
    list_filter = ("stage",)
    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    change_form_template = "admin/notifications/campaign/change_form.html"
    fields = ("notice", "audience", "heading", "text", "page", "starts_at")

    @admin.display(description=gettext_lazy("heading"))
    def heading(self, campaign: Campaign) -> str:
        return str(campaign.parameters.get("heading", ""))

    @admin.display(description=gettext_lazy("kind of news"))
    def kind(self, campaign: Campaign) -> str:
        try:
            return str(notice_of(campaign.notice).title)
        except UnknownNotice:
            return campaign.notice

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nothing be changed that has begun. What is typed meanwhile is taken all the same, for a new draft."""
        is_open = obj is None or obj.stage in UNSTARTED or request.method == "POST"
        return super().has_change_permission(request, obj) and is_open

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let a draft be thrown away, and nothing that anybody was told."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.stage in UNSTARTED)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        can_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return (*(self.fields if can_write else ("kind", "told", "words", "starts_at")), *FACTS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("kind", "told", "words", *FACTS)

    @admin.display(description=gettext_lazy("who is told"))
    def told(self, campaign: Campaign) -> str:
        try:
            return str(audience_of(campaign.audience).label)
        except UnknownAudience:
            return campaign.audience

    @admin.display(description=gettext_lazy("words"))
    def words(self, campaign: Campaign) -> str:
        return "\n\n".join(str(campaign.parameters.get(name, "")) for name in ("heading", "text", "page"))

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        """Store it as a draft; an approval is void. What has begun meanwhile stays, and this becomes another draft."""
        try:
            campaigns.write(obj, by=request.user)
        except NotNow:
            campaigns.write(campaigns.copy_of(obj), by=request.user)
            messages.warning(request, _("It had begun meanwhile and was not changed. What you typed is a new draft."))

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(require_safe(self.preview_view))
        return [path("<int:number>/preview/", preview, name="notifications_campaign_preview"), *super().get_urls()]

    # --- what is shown --------------------------------------------------------------------------------------------
    def render_change_form(self, request: HttpRequest, context: Any, *rest: Any, **options: Any) -> Any:
        """Show one campaign with what can be done with it, and how far it has come."""
        campaign = context.get("original")
        more = {}
        if campaign:
            more = self._progress(campaign) | {"buttons": list(self.buttons_for(request, campaign))}
            more["waits"] = campaign.stage == Stage.ASKED and not self.may_approve(request, campaign)
        return super().render_change_form(request, {**context, **more}, *rest, **options)

    def _progress(self, campaign: Campaign) -> dict[str, Any]:
        totals, now = totals_of(campaign), timezone.now()
        left = time_left(campaign, totals, now) if campaign.stage == Stage.SENDING else None
        return {
            "seen": fingerprint(campaign),
            "bars": list(bars(totals)),
            "recipients": campaign.recipients,
            "minutes": max(1, round(left.total_seconds() / 60)) if left else None,
            "until": now + left if left else None,
        }

    def preview_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Show it as a recipient would have it, by handle."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        campaign = get_object_or_404(Campaign, pk=number)
        handle = request.GET.get("handle", "").strip().removeprefix("@") or request.user.get_username()
        member = _recipient(campaign, handle)
        context = {**self.admin_site.each_context(request), "title": _("As @%s would have it") % handle}
        context |= {
            "opts": self.opts,
            "campaign": campaign,
            "handle": handle,
            "shown": member and _shown(campaign, member),
        }
        status = HTTPStatus.OK if member else HTTPStatus.NOT_FOUND
        return render(request, "admin/notifications/campaign/preview.html", context, status=status)


def _recipient(campaign: Campaign, handle: str) -> Any:
    """Return the member of that handle, if they are among those who are told."""
    try:
        audience = audience_of(campaign.audience).members()
    except UnknownAudience:
        return None
    by_handle = {get_user_model().USERNAME_FIELD: handle}
    return audience.filter(**by_handle).first()


def _shown(campaign: Campaign, member: Any) -> dict[str, str]:
    notice, filling, clock = notice_of(campaign.notice), unpack(campaign.parameters), ZoneOf(member)
    way_out = link_for(0, notice.topic) if notice.topic else ""  # nobody's: staff decline for nobody
    subject, text, _html = texts(notice, LETTER, clock, filling, way_out).values()
    page = texts(notice, (HTML,), clock, filling, way_out, frame=ON_SITE)[HTML]
    return {"subject": subject, "text": text, "page": page}
