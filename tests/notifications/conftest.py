"""A mail server beside the tests, and notices to send."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import Member
from notifications import notices, sending
from notifications.models import Notification
from notifications.notices import Category, Notice
from notifications.topics import Topic
from tests import factories

from .sink import Sink, serve


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    """Have mail go to a server that is there, over a connection that waits three seconds at most."""
    taking = Sink()
    controller = serve(taking)
    settings.EMAIL_BACKEND = "notifications.channels.smtp.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", controller.port, 3
    yield taking
    controller.stop()


@pytest.fixture(autouse=True)
def _silent_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave what is queued lying, for the test to send."""
    monkeypatch.setattr(sending, "ring", lambda: None)


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Notice]:
    """Declare notices for one test, with the texts of a password reset."""

    def declaring(category: Category, **particulars: Any) -> Notice:
        monkeypatch.setattr(notices, "_declared", dict(notices._declared))
        monkeypatch.setattr(Notice, "folder", property(lambda notice: "notices/reset-password"))
        if not category.is_always_sent:
            particulars.setdefault("topic", next(topic for topic in Topic if Category.of(topic) == category))
        notice = Notice(slug=f"some-{category.value}", category=category, title="x", sample=dict, **particulars)
        return notices.register(notice)

    return declaring


@pytest.fixture
def rose() -> Member:
    return factories.make_member("rose")


def row_to(member: Member) -> Notification:
    return Notification.objects.get(member=member)
