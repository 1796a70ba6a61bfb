"""The back office of the policy at work."""

from . import defaults, erasure, holds, policy, retention

__all__ = ["defaults", "erasure", "holds", "policy", "retention"]
