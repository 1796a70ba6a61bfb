"""The back office of what members are told."""

from . import announcing, campaigns, outbox, recipients  # noqa: F401  # register themselves
