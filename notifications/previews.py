"""A notice as its reader would see it, filled with what its declaration gives as a sample."""

from types import SimpleNamespace

from .clocks import ZoneOf
from .letters import texts
from .notices import Notice
from .unsubscribing import link_for

READER = SimpleNamespace(time_zone=None)


def preview(notice: Notice) -> dict[str, str]:
    """Return the texts of ``notice`` to nobody in particular, by name."""
    way_out = link_for(0, notice.topic) if notice.topic else ""
    return texts(notice, notice.parts, ZoneOf(READER), notice.sample(), way_out)
