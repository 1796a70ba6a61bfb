"""Retention for staff: every term, what it holds, what is overdue, and how much went on which day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice.pages import StaffAdmin
from privacy.erasure.names import name_of
from privacy.holds import held_by_model
from privacy.models import RetentionRun
from privacy.retention.runs import ask_for_run, last_taken, rows_by_day
from privacy.retention.terms import Held, Term, count, oldest_of, terms
from privacy.tasks import purge

DAYS = 90
HEIGHT = 60
# A run begins every hour; what is over for longer than two has been missed.
PATIENCE = timedelta(hours=2)


@dataclass(frozen=True)
class Line:
    """How one term stands."""

    kind: str
    label: str
    days: float
    basis: str
    held: int
    oldest: datetime | date | None
    due: int
    overdue: int
    taken_at: datetime | None
    taken: int


@dataclass(frozen=True)
class Bar:
    """How many rows went on one day, as a bar of the plot."""

    day: date
    rows: int
    x: int
    y: float
    height: float


def lines(now: datetime) -> Iterator[Line]:
    """Yield how every term stands. It costs four questions for each, however many rows there are."""
    held, taken = held_by_model(now), last_taken()
    for term in terms():
        yield _line(term, now, held, taken.get(term.name, (None, 0)))


def _line(term: Term, now: datetime, held: Held, taken: tuple[datetime | None, int]) -> Line:
    counted = term.counted()
    return Line(
        kind=name_of(term.data.model),
        label=str(term.field.label),
        days=round(term.field.keep_for / timedelta(days=1), 2) if term.field.keep_for else 0,
        basis=str(term.field.basis.label),
        held=count(counted),
        oldest=oldest_of(counted, term),
        due=count(term.over(now, held)),
        overdue=count(term.over(now - PATIENCE, held)),
        taken_at=taken[0],
        taken=taken[1],
    )


def bars(today: date) -> list[Bar]:
    """Return how many rows went on each of the last days, the oldest first."""
    since = today - timedelta(days=DAYS - 1)
    rows = rows_by_day(since)
    most = max(rows.values(), default=0) or 1
    days = [since + timedelta(days=number) for number in range(DAYS)]
    heights = [HEIGHT * rows.get(day, 0) / most for day in days]
    return [
        Bar(day, rows.get(day, 0), 10 * number, HEIGHT - height, height)
        for number, (day, height) in enumerate(zip(days, heights, strict=True))
    ]


@admin.register(RetentionRun)
class RetentionRunAdmin(StaffAdmin):
    """What has a term, and the runs that see to it."""

    list_display = ("started_at", "ended_at", "rows")
    ordering = ("-started_at",)
    fields = ("started_at", "ended_at", "rows", "counts")
    readonly_fields = fields
    list_per_page = 20
    show_full_result_count = False
    change_list_template = "admin/privacy/retentionrun/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_start_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may have a run begin now."""
        return request.user.has_perm("privacy.start_retentionrun")

    def get_urls(self) -> list[URLPattern]:
        start = require_POST(self.admin_site.admin_view(self.start_view))
        return [path("start/", start, name="privacy_retentionrun_start"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show every term above the runs: what stands there as due is what a run would take."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        shown = list(lines(now))
        context = {
            "title": _("Retention"),
            "terms": shown,
            "overdue": sum(line.overdue for line in shown),
            "bars": bars(timezone.localdate()),
            "plot_width": 10 * DAYS,
            "plot_height": HEIGHT,
            "may_start": self.has_start_permission(request),
            "under_way": RetentionRun.objects.filter(is_open=True).first(),
            "all_terms": len(shown),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Have the worker begin a run."""
        if not self.has_start_permission(request):
            raise PermissionDenied
        with transaction.atomic():
            run = ask_for_run()
            self.log_change(request, run, "start")
            transaction.on_commit(purge.delay)
        messages.success(request, _("It begins as soon as a worker is free. Look again in a moment."))
        return redirect("admin:privacy_retentionrun_changelist")
