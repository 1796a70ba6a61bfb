"""A notice as its reader would see it, filled with what its declaration gives as a sample."""

from types import SimpleNamespace

from .letters import texts
from .notices import Notice
from .unsubscribing import link_for

READER = SimpleNamespace(time_zone=None)


def preview(notice: Notice) -> tuple[str, str, str]:
    """Return subject, text and HTML of ``notice`` to nobody in particular."""
    return texts(notice, READER, notice.sample(), link_for(0, notice.topic) if notice.topic else "")
