"""Who leaves, how far erasing has come, what waits and why."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from backoffice.pages import PersonalDataAdmin
from backoffice.plots import Piece, pieces
from privacy.erasure.engine import try_again
from privacy.models import ErasureRequest, ErasureStep

Phase, State = ErasureStep.Phase, ErasureStep.State
# How each state looks in a plot.
LOOKS = {
    State.DONE: "sent",
    State.RUNNING: "attempting",
    State.WAITING: "queued",
    State.HELD: "suppressed",
    State.FAILED: "failed",
    State.ESCALATED: "unreachable",
}
STUCK = Q(steps__state__in=(State.FAILED, State.ESCALATED))


def bars(steps: list[ErasureStep]) -> Iterator[Piece]:
    """Yield the pieces of the bar of some steps, in the order of ``LOOKS``."""
    return pieces((state, look, sum(step.state == state for step in steps)) for state, look in LOOKS.items())


class Standing(admin.SimpleListFilter):
    """Leave the requests that are in one situation."""

    title = gettext_lazy("how it stands")
    parameter_name = "stands"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("grace", _("in the grace")),
            ("way", _("under way")),
            ("stuck", _("something keeps failing, or gives no answer")),
            ("held", _("something is held by law")),
            ("done", _("done")),
            ("kept", _("kept after all")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        meanings = {
            "grace": Q(begun_at=None, kept_at=None),
            "way": Q(begun_at__isnull=False, done_at=None),
            "stuck": STUCK,
            "held": Q(steps__state=State.HELD),
            "done": Q(done_at__isnull=False),
            "kept": Q(kept_at__isnull=False),
        }
        meaning = meanings.get(self.value() or "")
        return None if meaning is None else queryset.filter(pk__in=ErasureRequest.objects.filter(meaning).values("pk"))


@admin.register(ErasureRequest)
class ErasureRequestAdmin(PersonalDataAdmin):
    """Who leaves, since when, when it falls due, and what became of it."""

    list_display = ("whose", "origin", "asked_at", "due_at", "stands", "steps_done")
    list_display_links = ("whose",)
    list_filter = (Standing, "origin")
    list_select_related = ("member",)
    search_fields = ("member__handle__exact",)
    ordering = ("due_at",)
    fields = (
        *("whose", "origin", "asked_by", "because", "asked_at", "due_at", "kept_at"),
        *("begun_at", "erased_at", "done_at", "certificate"),
    )
    readonly_fields = fields
    list_per_page = 50
    show_full_result_count = False
    change_form_template = "admin/privacy/erasurerequest/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ErasureRequest]:
        done, stuck, held = Q(steps__state=State.DONE), STUCK, Q(steps__state=State.HELD)
        counts = {"all_steps": Count("steps"), "done_steps": Count("steps", filter=done)}
        counts |= {"stuck_steps": Count("steps", filter=stuck), "held_steps": Count("steps", filter=held)}
        counted: QuerySet[ErasureRequest] = super().get_queryset(request).annotate(**counts)
        # Whose account was a child's is for those to know who work on such cases.
        may_know = request.user.has_perm("privacy.view_agecase")
        return counted if may_know else counted.exclude(origin=ErasureRequest.Origin.CHILD)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may have failed steps tried again at once."""
        return request.user.has_perm("privacy.retry_erasurerequest")

    @admin.display(description=gettext_lazy("member"))
    def whose(self, asked: ErasureRequest) -> str:
        """Return whose account it is as long as they are somebody."""
        return str(asked.member) if asked.member and asked.erased_at is None else _("erased")

    @admin.display(description=gettext_lazy("how it stands"))
    def stands(self, asked: Any) -> str:
        if asked.kept_at or asked.begun_at is None:
            return _("kept after all") if asked.kept_at else _("in the grace")
        if asked.done_at or asked.stuck_steps:
            return _("done") if asked.done_at else _("something is in the way")
        return _("something is held by law") if asked.held_steps else _("under way")

    @admin.display(description=gettext_lazy("steps done"))
    def steps_done(self, asked: Any) -> str:
        return f"{asked.done_steps} / {asked.all_steps}" if asked.all_steps else "-"

    def get_urls(self) -> list[URLPattern]:
        retry = require_POST(self.admin_site.admin_view(self.retry_view))
        return [path("<int:number>/retry/", retry, name="privacy_erasurerequest_retry"), *super().get_urls()]

    def retry_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Have what failed tried again at the next turn, which is within a minute."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        asked = get_object_or_404(ErasureRequest, pk=number)
        with transaction.atomic():
            count = try_again(asked.pk)
            self.log_change(request, asked, f"tried again: {count}")
        said = ngettext("%d step is tried again within a minute.", "%d steps are tried again within a minute.", count)
        messages.success(request, said % count)
        return redirect("admin:privacy_erasurerequest_change", asked.pk)

    def render_change_form(self, request: HttpRequest, context: Any, *rest: Any, **options: Any) -> Any:
        """Show one request with its steps."""
        asked = context.get("original")
        more = self._progress(request, asked) if asked else {}
        return super().render_change_form(request, {**context, **more}, *rest, **options)

    def _progress(self, request: HttpRequest, asked: ErasureRequest) -> dict[str, Any]:
        steps = list(asked.steps.order_by("stage", "position"))
        phases = [(phase.label, [step for step in steps if step.phase == phase]) for phase in Phase]
        return {
            "phases": [(label, found, list(bars(found))) for label, found in phases if found],
            "waiting": [step for step in steps if step.state != State.DONE and not _is_in_line(step)],
            "in_line": sum(map(_is_in_line, steps)),
            "may_retry": self.has_retry_permission(request) and any(step.state in _STUCK for step in steps),
        }


_STUCK = (State.FAILED, State.ESCALATED)


def _is_in_line(step: ErasureStep) -> bool:
    """Say whether nobody has come to a step yet."""
    return step.state == State.WAITING and not step.attempts
