"""The back office of what members are told."""

from . import announcing, campaigns, outbox  # noqa: F401  # register themselves
