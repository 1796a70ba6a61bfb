"""What the provider that carries our mail reports of it (webhooks of django-anymail)."""

from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from django.core.exceptions import BadRequest
from django.http import HttpRequest

from .returned import Report, Returned, take_in

NOTICE = "notice"  # what our mails carry for the provider to give back
REPORTS = {
    EventType.COMPLAINED: Report.SPAM,
    EventType.UNSUBSCRIBED: Report.DECLINED,
    EventType.BOUNCED: Report.DEAD,
    EventType.FAILED: Report.REFUSED,
}
REJECTED = {
    RejectReason.BOUNCED: Report.DEAD,
    RejectReason.INVALID: Report.DEAD,
    RejectReason.SPAM: Report.SPAM,
    RejectReason.UNSUBSCRIBED: Report.DECLINED,
}


class CarefulReports:
    """Lets the view of a provider answer 400 to what is no report, such as broken JSON."""

    def parse_events(self, request: HttpRequest) -> Any:
        """Return what is reported. Raises BadRequest."""
        try:
            return super().parse_events(request)  # type: ignore[misc]
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise BadRequest from error


def connect() -> None:
    """Listen to what the provider reports."""
    tracking.connect(_on_report, dispatch_uid="notifications.provider")


def read(event: AnymailTrackingEvent) -> Returned | None:
    """Return what ``event`` reports about one of our mails; None for what is of no account."""
    report = REPORTS.get(event.event_type)
    if event.event_type in (EventType.REJECTED, EventType.BOUNCED):
        report = REJECTED.get(event.reject_reason, Report.REFUSED)
    token = (event.metadata or {}).get(NOTICE)
    if report is None or not isinstance(token, str):
        return None
    return Returned(report, token, event.recipient, str(event.reject_reason or ""))


def _on_report(sender: Any, event: AnymailTrackingEvent, **_more: Any) -> None:
    returned = read(event)
    if returned is not None:
        take_in(returned)
