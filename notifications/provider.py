"""What the provider that carries our mail reports of it (webhooks of django-anymail)."""

from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking

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
