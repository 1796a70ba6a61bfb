"""The back office of what members are told."""

from . import campaigns, outbox  # noqa: F401  # register themselves
