"""The back office of the policy at work."""

from . import defaults, erasure, policy

__all__ = ["defaults", "erasure", "policy"]
